"""Answers to queries, read under row-level security."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import col

from safeguarding.adapters.clearances import clearance_of
from safeguarding.adapters.tables import ClearanceRow
from safeguarding.domain.clearances import Clearance
from shared.kernel import NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading


class SafeguardingReads:
    """What may be known of clearances, and by whom."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
