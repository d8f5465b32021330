"""Concerns to rows and back, and the log of who read them."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlmodel import col

from safeguarding.concerns.commands import ListConcerns
from safeguarding.concerns.domain import Access, Concern
from safeguarding.concerns.tables import ConcernRow
from shared.bus.transaction import Transaction
from shared.kernel import NotFound
from shared.persistence.rows import save_row

_PAGE = text(
    """
    select concern_id, provider_id, site_id, category, description, immediate_risk, raised_by,
           raised_by_subject, handled_by, raised_at, state, resolved_by_subject, resolved_at, version
    from concerns
    where (raised_by = any (:organisations) or handled_by = any (:organisations))
      and (cast(:state as text) is null or state = cast(:state as text))
      and (cast(:before as uuid) is null or concern_id < cast(:before as uuid))
    order by concern_id desc limit :limit
    """
)
_LOG = text(
    """
    insert into access_log (concern_id, organisation_id, subject, action, at)
    select * from unnest(cast(:concern_ids as uuid[]), cast(:organisation_ids as uuid[]),
                         cast(:subjects as text[]), cast(:actions as text[]), cast(:ats as timestamptz[]))
    """
)


class ConcernRepository:
    """Stores concerns, for who raised them and who handles them."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def get(self, concern_id: UUID, organisations: Iterable[UUID]) -> Concern:
        mine = list(organisations)
        row = await self._db.scalar(
            select(ConcernRow).where(
                col(ConcernRow.concern_id) == concern_id,
                or_(col(ConcernRow.raised_by).in_(mine), col(ConcernRow.handled_by).in_(mine)),
            )
        )
        if row is None:
            raise NotFound("There is no such concern, or it is not yours to know of")
        return _concern_of(row)

    async def page(self, wanted: ListConcerns) -> Sequence[Concern]:
        values = {
            "organisations": list(wanted.organisations),
            "state": wanted.state,
            "before": wanted.before,
            "limit": wanted.limit + 1,
        }
        return [_concern_of(row) for row in await self._db.execute(_PAGE, values)]

    async def save(self, concern: Concern) -> None:
        changes = concern.take_events()
        values = {key: value for key, value in asdict(concern).items() if key not in ("id", "events")}
        await save_row(self._db, ConcernRow(concern_id=concern.id, **values), changes=len(changes))


class AccessLogRepository:
    """Adds to the access log, which this service can neither read nor change."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def add(self, accesses: Sequence[Access]) -> None:
        if not accesses:
            return
        values = {
            "concern_ids": [each.concern_id for each in accesses],
            "organisation_ids": [each.organisation_id for each in accesses],
            "subjects": [each.subject for each in accesses],
            "actions": [each.action for each in accesses],
            "ats": [each.at for each in accesses],
        }
        await self._db.execute(_LOG, values)


def _concern_of(row: Any) -> Concern:
    return Concern(
        row.concern_id,
        row.provider_id,
        row.site_id,
        row.category,
        row.description,
        row.immediate_risk,
        row.raised_by,
        row.raised_by_subject,
        row.handled_by,
        row.raised_at,
        row.state,
        row.resolved_by_subject,
        row.resolved_at,
        version=row.version,
    )
