"""Answers to queries, read under row-level security."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlmodel import col

from safeguarding.adapters.clearances import clearance_of
from safeguarding.adapters.passports import ANSWERS, assurance_of
from safeguarding.adapters.tables import AssuranceRow, ClearanceRow
from safeguarding.domain.checklists import Answer
from safeguarding.domain.clearances import Clearance
from safeguarding.domain.passports import Assurance
from shared.kernel import NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading

_LATEST_ANSWERS = text(
    """
    select answers from assurance_answers
    where provider_id = :provider_id and assurance_id = :assurance_id order by version desc limit 1
    """
)


class SafeguardingReads:
    """What may be known of assurances and clearances, and by whom."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def assurances(self, provider_id: UUID, after: UUID | None, limit: int) -> Sequence[Assurance]:
        statement = select(AssuranceRow).where(col(AssuranceRow.provider_id) == provider_id)
        if after is not None:
            statement = statement.where(col(AssuranceRow.assurance_id) > after)
        page = statement.order_by(col(AssuranceRow.assurance_id)).limit(limit + 1)
        async with reading(self._database) as session:
            return [assurance_of(row) for row in await session.scalars(page)]

    async def own_assurance(
        self, assurance_id: UUID, organisations: frozenset[UUID]
    ) -> tuple[Assurance, Sequence[Answer]]:
        own = select(AssuranceRow).where(
            col(AssuranceRow.assurance_id) == assurance_id, col(AssuranceRow.provider_id).in_(organisations)
        )
        async with reading(self._database, organisations) as session:
            row = await session.scalar(own)
            if row is None:
                raise NotFound("There is no such assurance, or it is not yours")
            identity = {"provider_id": row.provider_id, "assurance_id": assurance_id}
            answers = await session.scalar(_LATEST_ANSWERS, identity)
        return assurance_of(row), ANSWERS.validate_python(answers)

    async def clearance_of(self, booking_id: UUID, organisations: frozenset[UUID]) -> Clearance:
        theirs = select(ClearanceRow).where(
            col(ClearanceRow.booking_id) == booking_id,
            or_(
                col(ClearanceRow.institution_id).in_(organisations),
                col(ClearanceRow.provider_id).in_(organisations),
            ),
        )
        async with reading(self._database, organisations) as session:
            row = await session.scalar(theirs)
        if row is None:
            raise NotFound("There is no clearance of such a booking, or it is not yours")
        return clearance_of(row)

    async def clearances(
        self, organisations: frozenset[UUID], state: str | None, after: UUID | None, limit: int
    ) -> Sequence[Clearance]:
        statement = select(ClearanceRow).where(col(ClearanceRow.institution_id).in_(organisations))
        if state is not None:
            statement = statement.where(col(ClearanceRow.state) == state)
        if after is not None:
            statement = statement.where(col(ClearanceRow.clearance_id) > after)
        page = statement.order_by(col(ClearanceRow.clearance_id)).limit(limit + 1)
        async with reading(self._database, organisations) as session:
            return [clearance_of(row) for row in await session.scalars(page)]
