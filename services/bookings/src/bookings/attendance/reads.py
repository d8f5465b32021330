"""Queries on attendance, each one read-only transaction under row-level security."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from bookings.attendance.domain import RecordedRegister
from bookings.attendance.repository import EVER, PRESENT, load_registers
from bookings.reservations.queries import BookingQueries, Reader
from shared.persistence.database import Database
from shared.persistence.reading import reading

_OF_DAYS = "on_day > coalesce(cast(:after as date), '-infinity')"
_OF_VERSIONS = "(on_day, version) > (coalesce(cast(:after as date), '-infinity'), cast(:version as integer))"
_SEEN = " and (cast(:learner_id as uuid) is null or learner_id = :learner_id)"


class AttendanceReads:
    """Answers from the tables of registers, for whoever may read the booking."""

    def __init__(self, database: Database, bookings: BookingQueries) -> None:
        self._database = database
        self._bookings = bookings

    async def registers(
        self, reader: Reader, booking_id: UUID, after: date | None, limit: int
    ) -> Sequence[RecordedRegister]:
        return await self._read(reader, booking_id, PRESENT, _OF_DAYS, limit, after=after)

    async def history(
        self, reader: Reader, booking_id: UUID, after: tuple[date, int] | None, limit: int
    ) -> Sequence[RecordedRegister]:
        on, version = after or (None, 0)
        values = {"after": on, "version": version}
        return await self._read(reader, booking_id, EVER, _OF_VERSIONS, limit, **values)

    async def _read(
        self, reader: Reader, booking_id: UUID, kept: str, clauses: str, limit: int, **values: Any
    ) -> Sequence[RecordedRegister]:
        await self._bookings.booking(reader, booking_id)
        asked = values | {"booking_id": booking_id, "learner_id": reader.learner_id}
        async with reading(self._database, reader.parties) as db:
            return await load_registers(db, kept, clauses + _SEEN, limit, **asked)
