"""Copies of opportunities, sessions and bookings as rows; an older fact never replaces a newer one."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from outcomes.copies.commands import CopyBooking, CopyOpportunity, CopySession
from outcomes.copies.domain import BookedIn, BookingRef, Day
from shared.bus.transaction import Transaction

_OPPORTUNITY = text("select kind, mode, sequence from opportunities where opportunity_id = :opportunity_id")
_SAVE_OPPORTUNITY = text(
    """
    insert into opportunities (opportunity_id, provider_id, kind, mode, sequence)
    values (:opportunity_id, :provider_id, :kind, :mode, :sequence)
    on conflict (opportunity_id) do update
    set provider_id = excluded.provider_id, kind = excluded.kind, mode = excluded.mode,
        sequence = excluded.sequence
    """
)
_SESSION = text("select sequence from sessions where session_id = :session_id")
_SAVE_SESSION = text(
    """
    insert into sessions (session_id, opportunity_id, provider_id, sequence)
    values (:session_id, :opportunity_id, :provider_id, :sequence)
    on conflict (session_id) do update
    set opportunity_id = excluded.opportunity_id, provider_id = excluded.provider_id,
        sequence = excluded.sequence
    """
)
_DAYS = text("select on_day, starts, ends from session_days where session_id = :session_id order by on_day")
_REMOVE_DAYS = text("delete from session_days where session_id = :session_id")
_INSERT_DAYS = text(
    """
    insert into session_days (session_id, on_day, starts, ends)
    select cast(:session_id as uuid), *
    from unnest(cast(:on_day as date[]), cast(:starts as time[]), cast(:ends as time[]))
    """
)
_SAVE_BOOKING = text(
    """
    insert into bookings (booking_id, session_id, opportunity_id, institution_id, provider_id,
                          learner_ids, ended, sequence)
    values (:booking_id, :session_id, :opportunity_id, :institution_id, :provider_id,
            coalesce(cast(:learner_ids as uuid[]), '{}'), :ended, :sequence)
    on conflict (booking_id) do update
    set learner_ids = coalesce(cast(:learner_ids as uuid[]), bookings.learner_ids),
        ended = excluded.ended, sequence = excluded.sequence
    where bookings.sequence < excluded.sequence
    returning booking_id
    """
)
_INSERT_MISSING_BOOKINGS = text(
    """
    insert into bookings (booking_id, session_id, opportunity_id, institution_id, provider_id,
                          learner_ids, ended, sequence)
    select *, cast('{}' as uuid[]), false, 0
    from unnest(cast(:booking_id as uuid[]), cast(:session_id as uuid[]), cast(:opportunity_id as uuid[]),
                cast(:institution_id as uuid[]), cast(:provider_id as uuid[]))
    on conflict do nothing
    """
)
_REMOVE_LEARNER = text(
    """
    update bookings set learner_ids = array_remove(learner_ids, :learner_id)
    where institution_id = :institution_id and :learner_id = any (learner_ids)
    """
)
_BOOKINGS_OF_OPPORTUNITY = text(
    """
    select booking_id, institution_id, learner_ids from bookings
    where opportunity_id = :subject_id and not ended order by booking_id
    """
)
_BOOKINGS_OF_SESSION = text(
    """
    select booking_id, institution_id, learner_ids from bookings
    where session_id = :subject_id and not ended order by booking_id
    """
)
_LAST_DAY = text("select max(on_day) from session_days where session_id = :session_id")
_PROVIDER = text(
    """
    select provider_id from sessions where session_id = :session_id
    union all select provider_id from bookings where session_id = :session_id
    limit 1
    """
)


class CopyRepository:
    """The copies of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def copy_opportunity(self, command: CopyOpportunity) -> Sequence[BookedIn]:
        found = await self._db.execute(_OPPORTUNITY, {"opportunity_id": command.opportunity_id})
        before = found.one_or_none()
        if before is not None and before.sequence >= command.sequence:
            return []
        values = {
            "opportunity_id": command.opportunity_id,
            "provider_id": command.provider_id,
            "kind": command.kind,
            "mode": command.mode,
            "sequence": command.sequence,
        }
        await self._db.execute(_SAVE_OPPORTUNITY, values)
        if before is not None and (before.kind, before.mode) == (command.kind, command.mode):
            return []
        return await self._booked(_BOOKINGS_OF_OPPORTUNITY, command.opportunity_id)

    async def copy_session(self, command: CopySession) -> Sequence[BookedIn]:
        before = await self._db.scalar(_SESSION, {"session_id": command.session_id})
        if before is not None and before >= command.sequence:
            return []
        values = {
            "session_id": command.session_id,
            "opportunity_id": command.opportunity_id,
            "provider_id": command.provider_id,
            "sequence": command.sequence,
        }
        await self._db.execute(_SAVE_SESSION, values)
        if tuple(await self._days(command.session_id)) == tuple(sorted(command.days, key=lambda day: day.on)):
            return []
        await self._db.execute(_REMOVE_DAYS, {"session_id": command.session_id})
        days = {
            "session_id": command.session_id,
            "on_day": [day.on for day in command.days],
            "starts": [day.starts for day in command.days],
            "ends": [day.ends for day in command.days],
        }
        await self._db.execute(_INSERT_DAYS, days)
        return await self.bookings_of(command.session_id)

    async def _days(self, session_id: UUID) -> list[Day]:
        rows = await self._db.execute(_DAYS, {"session_id": session_id})
        return [Day(row.on_day, row.starts, row.ends) for row in rows]

    async def copy_booking(self, command: CopyBooking) -> bool:
        booking = command.booking
        values: dict[str, Any] = {
            "booking_id": booking.booking_id,
            "session_id": booking.session_id,
            "opportunity_id": booking.opportunity_id,
            "institution_id": booking.institution_id,
            "provider_id": booking.provider_id,
            "learner_ids": None if command.learner_ids is None else list(command.learner_ids),
            "ended": command.ended,
            "sequence": command.sequence,
        }
        return (await self._db.execute(_SAVE_BOOKING, values)).first() is not None

    async def copy_missing_bookings(self, bookings: Sequence[BookingRef]) -> None:
        values = {
            "booking_id": [booking.booking_id for booking in bookings],
            "session_id": [booking.session_id for booking in bookings],
            "opportunity_id": [booking.opportunity_id for booking in bookings],
            "institution_id": [booking.institution_id for booking in bookings],
            "provider_id": [booking.provider_id for booking in bookings],
        }
        await self._db.execute(_INSERT_MISSING_BOOKINGS, values)

    async def remove_learner(self, institution_id: UUID, learner_id: UUID) -> None:
        values = {"institution_id": institution_id, "learner_id": learner_id}
        await self._db.execute(_REMOVE_LEARNER, values)

    async def bookings_of(self, session_id: UUID) -> Sequence[BookedIn]:
        return await self._booked(_BOOKINGS_OF_SESSION, session_id)

    async def last_day_of(self, session_id: UUID) -> date | None:
        day: date | None = await self._db.scalar(_LAST_DAY, {"session_id": session_id})
        return day

    async def provider_of(self, session_id: UUID) -> UUID | None:
        provider: UUID | None = await self._db.scalar(_PROVIDER, {"session_id": session_id})
        return provider

    async def _booked(self, bookings: TextClause, subject_id: UUID) -> Sequence[BookedIn]:
        rows = await self._db.execute(bookings, {"subject_id": subject_id})
        return [BookedIn(row.booking_id, row.institution_id, tuple(row.learner_ids)) for row in rows]
