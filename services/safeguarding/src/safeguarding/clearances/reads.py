"""Answers to queries about clearances, read under row-level security."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from safeguarding.clearances.domain.clearance import Clearance
from safeguarding.clearances.repository import clearance_of
from shared.kernel import NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading

_OF_BOOKING = text(
    """
    select clearance_id, booking_id, session_id, institution_id, provider_id, state, rule_version,
           reason_codes, inputs, under_16_learners, decided_at, decided_by, version
    from clearances
    where booking_id = :booking_id
      and (institution_id = any (:organisations) or provider_id = any (:organisations))
    """
)
_PAGE = text(
    """
    select clearance_id, booking_id, session_id, institution_id, provider_id, state, rule_version,
           reason_codes, inputs, under_16_learners, decided_at, decided_by, version
    from clearances
    where institution_id = any (:institutions)
      and (cast(:state as text) is null or state = cast(:state as text))
      and (cast(:after as uuid) is null or clearance_id > cast(:after as uuid))
    order by clearance_id limit :limit
    """
)


class ClearanceReads:
    """What may be known of clearances, and by whom."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def clearance_of(self, booking_id: UUID, organisations: frozenset[UUID]) -> Clearance:
        values = {"booking_id": booking_id, "organisations": list(organisations)}
        async with reading(self._database, organisations) as db:
            row = (await db.execute(_OF_BOOKING, values)).one_or_none()
        if row is None:
            raise NotFound("There is no clearance of such a booking, or it is not yours")
        return clearance_of(row)

    async def clearances(
        self, organisations: frozenset[UUID], state: str | None, after: UUID | None, limit: int
    ) -> Sequence[Clearance]:
        values = {"institutions": list(organisations), "state": state, "after": after, "limit": limit + 1}
        async with reading(self._database, organisations) as db:
            return [clearance_of(row) for row in await db.execute(_PAGE, values)]
