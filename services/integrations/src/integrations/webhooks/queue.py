"""The queue of due deliveries: claimed for a time, fairly among endpoints, by any number of workers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from integrations.webhooks.domain.endpoint import secrets_signing
from shared.persistence.database import Database
from shared.persistence.reading import reading

# Walks the endpoints in the queue (a loose index scan), and takes from each no more than it has room
# for: however many deliveries of one endpoint are due, those of the others are reached.
_CLAIM = text(
    """
    with recursive endpoints as (
      (select endpoint_id from webhook_queue order by endpoint_id limit 1)
      union all
      select (select q.endpoint_id from webhook_queue q where q.endpoint_id > e.endpoint_id
              order by q.endpoint_id limit 1)
      from endpoints e where e.endpoint_id is not null
    ),
    due as (
      select mine.delivery_id
      from endpoints e
      left join unnest(cast(:known as uuid[]), cast(:rooms as int[])) as r (endpoint_id, room)
        using (endpoint_id)
      cross join lateral (
        select delivery_id, due_at, row_number() over (order by due_at) as place
        from (
          select q.delivery_id, q.due_at from webhook_queue q
          where q.endpoint_id = e.endpoint_id and q.due_at <= clock_timestamp()
          order by q.due_at limit :room for update skip locked) as locked
      ) as mine
      where mine.place <= coalesce(r.room, :room)
      order by mine.place, mine.due_at
      limit :free
    )
    update webhook_queue q set due_at = clock_timestamp() + cast(:lease as interval)
    from due where q.delivery_id = due.delivery_id
    returning q.delivery_id, q.endpoint_id, q.organisation_id
    """
)
_LOAD = text(
    """
    select d.payload, d.event_type, e.url, e.secret, e.previous_secret, e.previous_until
    from webhook_deliveries d
    join webhook_endpoints e using (organisation_id, endpoint_id)
    where d.organisation_id = :organisation and d.delivery_id = :delivery
      and d.state = 'pending' and e.disabled_reason is null
    """
)
_DROP = text("delete from webhook_queue where delivery_id = :delivery")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery this worker holds until its lease is over."""

    delivery_id: UUID
    endpoint_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent, where to, and the sealed secrets that sign it."""

    url: str
    event_type: str
    payload: str
    secrets: list[str]


class DueDeliveries:
    """The deliveries that are due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, *, free: int, room: int, rooms: dict[UUID, int], lease: timedelta) -> list[Claimed]:
        """Claim up to `free` of them: from an endpoint `room`, or what `rooms` says of it.

        What is not recorded within the lease is due again: its worker is taken for dead.
        """
        async with self._database.session() as session:
            rows = await session.execute(
                _CLAIM,
                {
                    "free": free,
                    "room": room,
                    "known": list(rooms),
                    "rooms": list(rooms.values()),
                    "lease": lease,
                },
            )
            claimed = [Claimed(row.delivery_id, row.endpoint_id, row.organisation_id) for row in rows]
            await session.commit()
        return claimed

    async def load(self, claimed: Claimed, now: datetime) -> Parcel | None:
        """What to send; None where it is to be sent no more."""
        async with reading(self._database, [claimed.organisation_id]) as session:
            key = {"organisation": claimed.organisation_id, "delivery": claimed.delivery_id}
            row = (await session.execute(_LOAD, key)).one_or_none()
        if row is None:
            return None
        secrets = secrets_signing(row.secret, row.previous_secret, row.previous_until, now)
        return Parcel(row.url, row.event_type, row.payload, secrets)

    async def drop(self, claimed: Claimed) -> None:
        """Take it out of the queue."""
        async with self._database.session() as session:
            await session.execute(_DROP, {"delivery": claimed.delivery_id})
            await session.commit()
