"""Queries on attendance, each one read-only transaction under row-level security."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text

from bookings.attendance.domain import AttendanceEntry
from bookings.attendance.queries import DayRegister
from bookings.reservations.queries import BookingQueries, Reader
from shared.persistence.database import Database
from shared.persistence.reading import reading

_REGISTERS = text(
    """
    select on_day, max(recorded_at) as recorded_at,
           array_agg(learner_id order by learner_id) as learner_ids,
           array_agg(attended order by learner_id) as attended,
           array_agg(minutes order by learner_id) as minutes
    from attendance
    where booking_id = :booking_id and on_day > coalesce(cast(:after as date), '-infinity')
      and (cast(:learner_id as uuid) is null or learner_id = :learner_id)
    group by on_day order by on_day limit :limit
    """
)


class AttendanceReads:
    """Answers from the table of registers, for whoever may read the booking."""

    def __init__(self, database: Database, bookings: BookingQueries) -> None:
        self._database = database
        self._bookings = bookings

    async def registers(
        self, reader: Reader, booking_id: UUID, after: date | None, limit: int
    ) -> Sequence[DayRegister]:
        await self._bookings.booking(reader, booking_id)
        values = {
            "booking_id": booking_id,
            "after": after,
            "limit": limit,
            "learner_id": reader.learner_id,
        }
        async with reading(self._database, reader.parties) as db:
            rows = (await db.execute(_REGISTERS, values)).all()
        return [
            DayRegister(
                row.on_day,
                row.recorded_at,
                [
                    AttendanceEntry(*each)
                    for each in zip(row.learner_ids, row.attended, row.minutes, strict=True)
                ],
            )
            for row in rows
        ]
