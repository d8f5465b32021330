"""Copies of opportunities, sessions and bookings: the newest word of each is kept."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from outcomes.adapters.tables import (
    BookingRow,
    OpportunityRow,
    SessionDayRow,
    SessionRow,
    table_of,
)
from outcomes.application.commands import CopyBooking, CopyOpportunity, CopySession
from outcomes.application.ports import BookedIn
from shared.bus.transaction import Transaction

_PROVIDER = text(
    """
    select provider_id from sessions where session_id = :session_id
    union all select provider_id from bookings where session_id = :session_id
    limit 1
    """
)


class CopyRepository:
    """What other services said; a word older than the one that is kept changes nothing."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def keep_opportunity(self, command: CopyOpportunity) -> Sequence[BookedIn]:
        found = select(OpportunityRow).where(col(OpportunityRow.opportunity_id) == command.opportunity_id)
        before = await self._db.scalar(found)
        if before is not None and before.sequence >= command.sequence:
            return []
        values = {name: getattr(command, name) for name in OpportunityRow.model_fields}
        await self._upsert(OpportunityRow, ["opportunity_id"], [values])
        if before is not None and (before.kind, before.mode) == (command.kind, command.mode):
            return []
        return await self._booked(col(BookingRow.opportunity_id) == command.opportunity_id)

    async def keep_session(self, command: CopySession) -> Sequence[BookedIn]:
        sequence = await self._db.scalar(
            select(col(SessionRow.sequence)).where(col(SessionRow.session_id) == command.session_id)
        )
        if sequence is not None and sequence >= command.sequence:
            return []
        values = {name: getattr(command, name) for name in SessionRow.model_fields}
        await self._upsert(SessionRow, ["session_id"], [values])
        days = table_of(SessionDayRow)
        await self._db.execute(days.delete().where(days.c.session_id == command.session_id))
        rows = [
            {"session_id": command.session_id, "on_day": day.on, "starts": day.starts, "ends": day.ends}
            for day in command.days
        ]
        await self._db.execute(days.insert(), rows)
        return await self.bookings_of(command.session_id)

    async def keep_booking(self, command: CopyBooking) -> bool:
        place = command.place
        table = table_of(BookingRow)
        values = {
            "booking_id": place.booking_id,
            "session_id": place.session_id,
            "opportunity_id": place.opportunity_id,
            "institution_id": place.institution_id,
            "provider_id": place.provider_id,
            "learner_ids": list(command.learner_ids or ()),
            "ended": command.ended,
            "sequence": command.sequence,
        }
        changed: dict[str, Any] = {"ended": command.ended, "sequence": command.sequence}
        if command.learner_ids is not None:
            changed["learner_ids"] = list(command.learner_ids)
        statement = (
            insert(table)
            .values(values)
            .on_conflict_do_update(
                index_elements=["booking_id"], set_=changed, where=table.c.sequence < command.sequence
            )
            .returning(table.c.booking_id)
        )
        return (await self._db.execute(statement)).first() is not None

    async def bookings_of(self, session_id: UUID) -> Sequence[BookedIn]:
        return await self._booked(col(BookingRow.session_id) == session_id)

    async def last_day_of(self, session_id: UUID) -> date | None:
        last = select(func.max(col(SessionDayRow.on_day))).where(col(SessionDayRow.session_id) == session_id)
        day: date | None = await self._db.scalar(last)
        return day

    async def provider_of(self, session_id: UUID) -> UUID | None:
        provider: UUID | None = await self._db.scalar(_PROVIDER, {"session_id": session_id})
        return provider

    async def _booked(self, which: Any) -> Sequence[BookedIn]:
        statement = (
            select(BookingRow).where(which, ~col(BookingRow.ended)).order_by(col(BookingRow.booking_id))
        )
        rows = (await self._db.scalars(statement)).all()
        return [BookedIn(row.booking_id, row.institution_id, tuple(row.learner_ids)) for row in rows]

    async def _upsert(self, row: Any, keys: list[str], values: list[dict[str, Any]]) -> None:
        statement = insert(table_of(row))
        changed = {name: statement.excluded[name] for name in values[0] if name not in keys}
        await self._db.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), values)
