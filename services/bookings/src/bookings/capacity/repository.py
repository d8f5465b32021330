"""Sessions' places: taken and freed by the database in one conditional statement."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bookings.capacity.domain import WAITING_LIST, PlacesChange, Session, SessionPlaces, SessionUnknown
from bookings.capacity.publishing import publish
from bookings.copies.domain import AssuredSite, ScheduledSession
from bookings.copies.site_trust import TRUSTED
from shared.bus.transaction import Transaction
from shared.kernel import ConcurrentChange

_SESSIONS = f"""
    select s.session_id, s.opportunity_id, s.provider_id, s.first_day, s.last_day, s.begins_at, s.cancelled,
           o.kind, o.format, o.year_groups, o.state as listed, {TRUSTED} as trusted,
           p.places, p.taken, p.waiting,
           array(select distinct d.on_day from session_days d where d.session_id = s.session_id order by 1)
             as days
    from sessions s
    join session_places p using (session_id)
    left join opportunities o on o.opportunity_id = s.opportunity_id
    where s.session_id = any (cast(:session_ids as uuid[]))
"""  # noqa: S608 - a fragment of our own
_GET_EACH = text(_SESSIONS)
_KEEP = text(f"{_SESSIONS} for key share of s")
_OPEN_PLACES = text(
    """
    insert into session_places (session_id, opportunity_id, provider_id, places)
    values (:session_id, :opportunity_id, :provider_id, :places)
    """
)
_OFFER = text(
    """
    update session_places p set version = p.version + 1
    from sessions s left join opportunities o using (opportunity_id)
    where p.session_id = s.session_id and p.waiting > 0 and p.taken < p.places and not s.cancelled
      and (s.opportunity_id = cast(:opportunity_id as uuid)
           or s.provider_id = cast(:provider_id as uuid) and o.site_id = cast(:site_id as uuid)
              and o.activity_band = cast(:activity_band as text)
           or s.provider_id = cast(:of_provider as uuid))
    returning p.session_id, p.opportunity_id, p.provider_id, p.places, p.taken, p.waiting, p.version
    """
)
# Whoever takes places has the key of the session's row by now: by the foreign key of a new booking, or kept
# for a promotion. A cancellation needs the whole row, so it is either over by now, and seen here, or waits.
_SETTLE = text(
    """
    with change as (
      select * from unnest(cast(:session_ids as uuid[]), cast(:places as int[]), cast(:waiting as int[]),
                           cast(:newcomers as boolean[])) as c(session_id, places, waiting, newcomer)
    ), locked as (
      select session_id from session_places where session_id = any (cast(:session_ids as uuid[]))
      order by session_id for update
    )
    update session_places p
    set taken = p.taken + c.places, waiting = p.waiting + c.waiting, version = p.version + 1
    from change c join locked using (session_id) join sessions s using (session_id)
    where p.session_id = c.session_id and p.taken + c.places <= p.places
      and (p.waiting = 0 or not c.newcomer)
      and (not s.cancelled or c.places <= 0 and c.waiting <= 0)
    returning p.session_id, p.opportunity_id, p.provider_id, p.places, p.taken, p.waiting, p.version,
      c.places <> 0 as moved
    """
)


class SessionRepository:
    """Sessions read from the copies and their counters."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def keep(self, session_id: UUID) -> Session:
        row = (await self._db.execute(_KEEP, {"session_ids": [session_id]})).one_or_none()
        if row is None:
            raise SessionUnknown(field="body.session_id")
        return _session(row)

    async def get_each(self, session_ids: Collection[UUID]) -> dict[UUID, Session]:
        rows = await self._db.execute(_GET_EACH, {"session_ids": list(session_ids)})
        return {row.session_id: _session(row) for row in rows}


class PlacesRepository:
    """The counters beside the bookings; a CHECK keeps them between none and all."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def open(self, session: ScheduledSession) -> None:
        await self._db.execute(
            _OPEN_PLACES,
            {
                "session_id": session.id,
                "opportunity_id": session.opportunity_id,
                "provider_id": session.provider_id,
                "places": session.places,
            },
        )

    async def settle(self, changes: Sequence[PlacesChange]) -> None:
        if not changes:
            return
        found = await self._db.execute(
            _SETTLE,
            {
                "session_ids": [each.session_id for each in changes],
                "places": [each.change.places for each in changes],
                "waiting": [each.change.waiting for each in changes],
                "newcomers": [each.newcomer for each in changes],
            },
        )
        settled = [(SessionPlaces(*counted), moved) for *counted, moved in found]
        if len(settled) != len(changes):
            raise ConcurrentChange
        for places, moved in settled:
            if moved:
                publish(self._transaction, places)
        await self._set_deadlines(places for places, _ in settled)

    async def offer_to_waiting(
        self,
        *,
        of_opportunity: UUID | None = None,
        at_site: AssuredSite | None = None,
        of_provider: UUID | None = None,
    ) -> None:
        rows = await self._db.execute(
            _OFFER,
            {
                "opportunity_id": of_opportunity,
                "of_provider": of_provider,
                "provider_id": at_site.provider_id if at_site else None,
                "site_id": at_site.site_id if at_site else None,
                "activity_band": at_site.activity_band if at_site else None,
            },
        )
        await self._set_deadlines([SessionPlaces(*row) for row in rows])

    async def _set_deadlines(self, counted: Iterable[SessionPlaces]) -> None:
        """Have those promoted who wait for free places, by a deadline that is due at once.

        The sweeper acts for the provider, whose session it is: whoever frees places may not touch
        another institution's booking.
        """
        now = self._transaction.now
        await self._transaction.wait_until_each(
            [
                (WAITING_LIST, places.session_id, places.provider_id, due_at)
                for places in counted
                if (due_at := places.promotion_due(now)) is not None
            ]
        )


def _session(row: Any) -> Session:
    return Session(
        id=row.session_id,
        opportunity_id=row.opportunity_id,
        provider_id=row.provider_id,
        kind=row.kind or "",
        format=row.format or "",
        year_groups=frozenset(row.year_groups or ()),
        first_day=row.first_day,
        last_day=row.last_day,
        begins_at=row.begins_at,
        cancelled=row.cancelled,
        listed=row.listed,
        trusted=row.trusted,
        places=row.places,
        taken=row.taken,
        waiting=row.waiting,
        days=tuple(row.days),
    )
