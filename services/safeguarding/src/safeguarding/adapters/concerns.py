"""Concerns to rows and back, and the log of who read them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, text
from sqlmodel import col

from safeguarding.adapters.tables import ConcernRow
from safeguarding.application.commands import Access, ListConcerns
from safeguarding.domain.concerns import Concern
from shared.bus.transaction import Transaction
from shared.kernel import NotFound
from shared.persistence.rows import save_row

_LOG = text(
    """
    insert into access_log (concern_id, organisation_id, subject, action, at)
    values (:concern_id, :organisation_id, :subject, :action, :at)
    """
)


class ConcernRepository:
    """Concerns, for who raised them and who handles them."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def get(self, concern_id: UUID, organisations: Iterable[UUID]) -> Concern:
        row = await self._db.scalar(
            select(ConcernRow).where(col(ConcernRow.concern_id) == concern_id, _of(organisations))
        )
        if row is None:
            raise NotFound("There is no such concern, or it is not yours to know of")
        return _concern(row)

    async def page(self, wanted: ListConcerns) -> Sequence[Concern]:
        statement = select(ConcernRow).where(_of(wanted.organisations))
        if wanted.state is not None:
            statement = statement.where(col(ConcernRow.state) == wanted.state)
        if wanted.before is not None:
            statement = statement.where(col(ConcernRow.concern_id) < wanted.before)
        newest = statement.order_by(col(ConcernRow.concern_id).desc()).limit(wanted.limit + 1)
        return [_concern(row) for row in await self._db.scalars(newest)]

    async def save(self, concern: Concern) -> None:
        changes = concern.take_events()
        values = {key: value for key, value in asdict(concern).items() if key not in ("id", "events")}
        await save_row(self._db, ConcernRow(concern_id=concern.id, **values), changes=len(changes))

    async def log(self, accesses: Sequence[Access]) -> None:
        if accesses:
            await self._db.execute(_LOG, [asdict(access) for access in accesses])


def _of(organisations: Iterable[UUID]) -> ColumnElement[bool]:
    mine = list(organisations)
    return or_(col(ConcernRow.raised_by).in_(mine), col(ConcernRow.handled_by).in_(mine))


def _concern(row: ConcernRow) -> Concern:
    return Concern(id=row.concern_id, **row.model_dump(exclude={"concern_id"}))
