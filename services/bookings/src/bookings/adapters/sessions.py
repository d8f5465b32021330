"""The copy of the register's sessions, with their places."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bookings.adapters.places import Places
from bookings.copies.domain import AssuredSite, ScheduledSession
from bookings.domain.sessions import Session, SessionUnknown
from shared.bus.transaction import Transaction

_GET_EACH = text(
    """
    select s.session_id, s.opportunity_id, s.provider_id, s.first_day, s.last_day, s.begins_at, s.cancelled,
           o.kind, o.format, o.year_groups, o.state as listed, coalesce(t.trusted, true) as trusted,
           p.places, p.taken, p.waiting
    from sessions s
    join session_places p using (session_id)
    left join opportunities o on o.opportunity_id = s.opportunity_id
    left join lateral (
      select bool_or(a.state = 'in_force') and not bool_or(a.state = 'suspended') as trusted
      from assurances a
      where a.provider_id = s.provider_id and a.site_id = o.site_id and a.activity_band = o.activity_band
    ) t on true
    where s.session_id = any (cast(:session_ids as uuid[]))
    """
)
_DAY_MINUTES = text(
    "select sum(minutes) from session_days where session_id = :session_id and on_day = :on_day"
)
_OPEN_PLACES = text(
    """
    insert into session_places (session_id, opportunity_id, provider_id, places)
    values (:session_id, :opportunity_id, :provider_id, :places)
    """
)
_CALLED = text(
    """
    update session_places p set version = p.version + 1
    from sessions s left join opportunities o using (opportunity_id)
    where p.session_id = s.session_id and p.waiting > 0 and p.taken < p.places and not s.cancelled
      and (s.opportunity_id = cast(:opportunity_id as uuid)
           or s.provider_id = cast(:provider_id as uuid) and o.site_id = cast(:site_id as uuid)
              and o.activity_band = cast(:activity_band as text))
    returning p.session_id, p.provider_id, p.places, p.taken, p.waiting, p.version
    """
)


class SessionRepository:
    """Sessions as the register announced them, each once: it announces no session anew."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db
        self._places = Places(transaction)

    async def get(self, session_id: UUID) -> Session:
        found = await self.get_each({session_id})
        if session_id not in found:
            raise SessionUnknown(field="body.session_id")
        return found[session_id]

    async def get_each(self, session_ids: Collection[UUID]) -> dict[UUID, Session]:
        rows = await self._db.execute(_GET_EACH, {"session_ids": list(session_ids)})
        return {row.session_id: _db(row) for row in rows}

    async def day_minutes(self, session_id: UUID, on: date) -> int | None:
        minutes = await self._db.scalar(_DAY_MINUTES, {"session_id": session_id, "on_day": on})
        return None if minutes is None else int(minutes)

    async def open_places(self, session: ScheduledSession) -> None:
        await self._db.execute(
            _OPEN_PLACES,
            {
                "session_id": session.id,
                "opportunity_id": session.opportunity_id,
                "provider_id": session.provider_id,
                "places": session.places,
            },
        )

    async def call_lines(
        self, *, of_opportunity: UUID | None = None, of_site: AssuredSite | None = None
    ) -> None:
        rows = await self._db.execute(
            _CALLED,
            {
                "opportunity_id": of_opportunity,
                "provider_id": of_site.provider_id if of_site else None,
                "site_id": of_site.site_id if of_site else None,
                "activity_band": of_site.activity_band if of_site else None,
            },
        )
        for row in rows.all():
            await self._places.call_line(row)


def _db(row: Any) -> Session:
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
    )
