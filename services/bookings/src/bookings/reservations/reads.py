"""Queries on bookings, each one read-only transaction under row-level security."""

from collections.abc import Sequence
from uuid import UUID

from bookings.reservations.domain.booking import Booking
from bookings.reservations.domain.lifecycle import State
from bookings.reservations.queries import Reader
from bookings.reservations.repository import loading
from shared.kernel import NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading

_BOOKINGS = """
where (b.institution_id = any (cast(:parties as uuid[])) or b.provider_id = any (cast(:parties as uuid[])))
  and (cast(:learner_id as uuid) is null or exists (
    select from booking_learners l
    where l.booking_id = b.booking_id and l.learner_id = :learner_id and not l.departed))
  and (cast(:session_id as uuid) is null or b.session_id = :session_id)
  and (cast(:states as text[]) is null or b.state = any (cast(:states as text[])))
  and b.booking_id > coalesce(cast(:after as uuid), '00000000-0000-0000-0000-000000000000')
order by b.booking_id limit :limit
"""
_BOOKING = """
where b.booking_id = :booking_id
  and (b.institution_id = any (cast(:parties as uuid[])) or b.provider_id = any (cast(:parties as uuid[])))
  and (cast(:learner_id as uuid) is null or exists (
    select from booking_learners l
    where l.booking_id = b.booking_id and l.learner_id = :learner_id and not l.departed))
"""


class BookingReads:
    """Answers from the tables of bookings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def booking(self, reader: Reader, booking_id: UUID) -> Booking:
        async with reading(self._database, reader.parties) as db:
            found = await loading.load(
                db,
                _BOOKING,
                booking_id=booking_id,
                parties=list(reader.parties),
                learner_id=reader.learner_id,
            )
        if not found:
            raise NotFound("There is no such booking, or it is not yours")
        return found[0]

    async def bookings(
        self, reader: Reader, session_id: UUID | None, state: str | None, after: UUID | None, limit: int
    ) -> Sequence[Booking]:
        states = [each.value for each in State if each.shown == state] if state else None
        async with reading(self._database, reader.parties) as db:
            return await loading.load(
                db,
                _BOOKINGS,
                parties=list(reader.parties),
                learner_id=reader.learner_id,
                session_id=session_id,
                states=states,
                after=after,
                limit=limit,
            )
