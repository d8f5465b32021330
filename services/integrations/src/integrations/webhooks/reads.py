"""Reads of webhook endpoints and deliveries, under row-level security for the organisation they name."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from shared.kernel import NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading

# The caller's own organisation is named beside row-level security: the list walks its index in order.
_ENDPOINTS = """
    select endpoint_id as id, url, event_types, failing_since, disabled_reason, created_at, version,
           case when disabled_reason is null then 'enabled' else 'disabled' end as state
    from webhook_endpoints where organisation_id = :organisation
"""
_DELIVERIES = """
    select d.delivery_id as id, d.endpoint_id, d.event_id, d.event_type, d.state, d.created_at,
      coalesce((
        select jsonb_agg(jsonb_build_object('at', a.at, 'status_code', a.status_code, 'error', a.error,
                                            'milliseconds', a.milliseconds) order by a.attempt_id)
        from webhook_attempts a
        where a.organisation_id = d.organisation_id and a.delivery_id = d.delivery_id), '[]') as attempts
    from webhook_deliveries d
    where d.organisation_id = :organisation and d.endpoint_id = :endpoint
"""
_NEWEST = " and (cast(:before as uuid) is null or {key} < :before) order by {key} desc limit :limit"
_LIST_ENDPOINTS = text(_ENDPOINTS + _NEWEST.format(key="endpoint_id"))
_LIST_DELIVERIES = text(_DELIVERIES + _NEWEST.format(key="d.delivery_id"))
_ONE_ENDPOINT = text(_ENDPOINTS + " and endpoint_id = :id")


class WebhookReads:
    """Implements `WebhookQueries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def endpoints(self, organisation_id: UUID, before: UUID | None, limit: int) -> list[Row[Any]]:
        return await _rows(self._database, _LIST_ENDPOINTS, organisation_id, before=before, limit=limit + 1)

    async def endpoint(self, organisation_id: UUID, endpoint_id: UUID) -> Row[Any]:
        rows = await _rows(self._database, _ONE_ENDPOINT, organisation_id, id=endpoint_id)
        if not rows:
            raise NotFound("There is no such webhook endpoint")
        return rows[0]

    async def deliveries(
        self, organisation_id: UUID, endpoint_id: UUID, before: UUID | None, limit: int
    ) -> list[Row[Any]]:
        await self.endpoint(organisation_id, endpoint_id)
        return await _rows(
            self._database,
            _LIST_DELIVERIES,
            organisation_id,
            endpoint=endpoint_id,
            before=before,
            limit=limit + 1,
        )


async def _rows(database: Database, statement: Any, organisation_id: UUID, **values: Any) -> list[Row[Any]]:
    async with reading(database, [organisation_id]) as db:
        return list((await db.execute(statement, {"organisation": organisation_id, **values})).all())
