"""Queries answered from the tables, under row-level security for whoever asks."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text

from bookings.adapters import loading
from bookings.application.queries import (
    DayRegister,
    ListedCohort,
    ListedLearner,
    Reader,
    RosterProgress,
    SessionPlaces,
)
from bookings.domain.attendance import Entry
from bookings.domain.bookings import Booking
from bookings.domain.saga import State
from bookings.domain.sessions import SessionUnknown
from shared.kernel import NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading

_LEARNERS = text(
    """
    select learner_id as id, given_name, family_name, year_group, priority_flags, on_roll from learners
    where institution_id = :institution_id and on_roll
      and learner_id > coalesce(cast(:after as uuid), '00000000-0000-0000-0000-000000000000')
      and (cast(:year_group as smallint) is null or year_group = :year_group)
      and (cast(:priority as text) is null or :priority = any (priority_flags))
    order by learner_id limit :limit
    """
)
_LEARNER = text(
    """
    select learner_id as id, given_name, family_name, year_group, priority_flags, on_roll from learners
    where institution_id = :institution_id and learner_id = :learner_id
    """
)
_ROSTER = text(
    """
    select count(*) as rows, count(failure) as failed from roster_rows
    where institution_id = :institution_id and roster_id = :roster_id
    """
)
_FAILURES = text(
    """
    select row_number, failure from roster_rows
    where institution_id = :institution_id and roster_id = :roster_id and failure is not null
    order by row_number limit 100
    """
)
_COHORTS = text(
    """
    select c.cohort_id as id, c.label, count(l.learner_id) as learners, c.created_at from cohorts c
    left join (cohort_members m join learners l using (institution_id, learner_id))
      on m.institution_id = c.institution_id and m.cohort_id = c.cohort_id and l.on_roll
    where c.institution_id = :institution_id
      and c.cohort_id > coalesce(cast(:after as uuid), '00000000-0000-0000-0000-000000000000')
      and (cast(:cohort_id as uuid) is null or c.cohort_id = :cohort_id)
    group by c.institution_id, c.cohort_id order by c.cohort_id limit :limit
    """
)
_MEMBERS = text(
    """
    select m.learner_id from cohort_members m join learners l using (institution_id, learner_id)
    where m.institution_id = :institution_id and m.cohort_id = :cohort_id and l.on_roll order by m.learner_id
    """
)
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
_PLACES = text("select session_id, places, taken, waiting from session_places where session_id = :session_id")


class BookingsReads:
    """What is asked of the service, each question one read-only transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def learners(
        self,
        institution_id: UUID,
        year_group: int | None,
        priority: str | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[ListedLearner]:
        values = {
            "institution_id": institution_id,
            "year_group": year_group,
            "priority": priority,
            "after": after,
            "limit": limit,
        }
        async with reading(self._database, [institution_id]) as session:
            return [ListedLearner(**row._asdict()) for row in await session.execute(_LEARNERS, values)]

    async def learner(self, institution_id: UUID, learner_id: UUID) -> ListedLearner:
        values = {"institution_id": institution_id, "learner_id": learner_id}
        async with reading(self._database, [institution_id]) as session:
            row = (await session.execute(_LEARNER, values)).one_or_none()
        if row is None:
            raise NotFound("There is no such learner on your roll")
        return ListedLearner(**row._asdict())

    async def roster(self, institution_id: UUID, roster_id: UUID) -> RosterProgress:
        values = {"institution_id": institution_id, "roster_id": roster_id}
        async with reading(self._database, [institution_id]) as session:
            counted = (await session.execute(_ROSTER, values)).one()
            failures = [(row.row_number, row.failure) for row in await session.execute(_FAILURES, values)]
        if not counted.rows:
            raise NotFound("No row of such a roster has come yet")
        return RosterProgress(roster_id, counted.rows - counted.failed, counted.failed, failures)

    async def cohorts(self, institution_id: UUID, after: UUID | None, limit: int) -> Sequence[ListedCohort]:
        values = {"institution_id": institution_id, "after": after, "limit": limit, "cohort_id": None}
        async with reading(self._database, [institution_id]) as session:
            return [ListedCohort(**row._asdict()) for row in await session.execute(_COHORTS, values)]

    async def cohort(self, institution_id: UUID, cohort_id: UUID) -> tuple[ListedCohort, Sequence[UUID]]:
        values = {"institution_id": institution_id, "cohort_id": cohort_id}
        async with reading(self._database, [institution_id]) as session:
            rows = await session.execute(_COHORTS, values | {"after": None, "limit": 1})
            row = rows.one_or_none()
            members = list(await session.scalars(_MEMBERS, values))
        if row is None:
            raise NotFound("There is no such cohort, or it is not yours")
        return ListedCohort(**row._asdict()), members

    async def booking(self, reader: Reader, booking_id: UUID) -> Booking:
        async with reading(self._database, reader.parties) as session:
            found = await loading.load(
                session,
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
        async with reading(self._database, reader.parties) as session:
            return await loading.load(
                session,
                _BOOKINGS,
                parties=list(reader.parties),
                learner_id=reader.learner_id,
                session_id=session_id,
                states=states,
                after=after,
                limit=limit,
            )

    async def registers(
        self, reader: Reader, booking_id: UUID, after: date | None, limit: int
    ) -> Sequence[DayRegister]:
        await self.booking(reader, booking_id)
        values = {
            "booking_id": booking_id,
            "after": after,
            "limit": limit,
            "learner_id": reader.learner_id,
        }
        async with reading(self._database, reader.parties) as session:
            rows = (await session.execute(_REGISTERS, values)).all()
        return [
            DayRegister(
                row.on_day,
                row.recorded_at,
                [Entry(*each) for each in zip(row.learner_ids, row.attended, row.minutes, strict=True)],
            )
            for row in rows
        ]

    async def places(self, session_id: UUID) -> SessionPlaces:
        async with reading(self._database) as session:
            row = (await session.execute(_PLACES, {"session_id": session_id})).one_or_none()
        if row is None:
            raise SessionUnknown
        return SessionPlaces(**row._asdict())
