"""Assurances told again as they stand."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from safeguarding.assurances.domain.passports import (
    Assurance,
    AssuranceChanged,
    AssuranceHasLapsed,
    AssuranceWasGranted,
    AssuranceWasSuspended,
    ProviderWasSuspended,
)
from safeguarding.assurances.domain.trust import GRANTED, SUSPENDED
from safeguarding.assurances.publishing import contract_of
from safeguarding.assurances.repository import assurance_of
from shared.contracts.safeguarding import ASSURANCES
from shared.messaging.announcing import Announcement, Page, Said

# Who offers virtual work alone may be suspended without having any assurance.
_TENANTS = text(
    """
    select provider_id from assurances
    union select organisation_id from known_organisations where kind in ('provider', 'delivery_provider')
    """
)
_LOCK = text(
    """
    select provider_id, version from passports
    where provider_id = any (cast(:tenants as uuid[]))
      and (cast(:after as uuid) is null or provider_id > :after)
    order by provider_id limit :limit for share
    """
)
_ASSURANCES = text(
    """
    select * from assurances
    where provider_id = any (cast(:providers as uuid[]))
      and (cast(:since as date) is null or valid_until >= :since)
    order by assurance_id
    """
)


_SUSPENDED = text(
    """
    select distinct provider_id, site_id from assurance_holds
    where provider_id = any (cast(:providers as uuid[])) order by provider_id, site_id nulls first
    """
)


async def _assurances(db: AsyncSession, page: Page) -> Sequence[Said]:
    versions = {row.provider_id: row.version for row in await db.execute(_LOCK, page.values())}
    by_provider: dict[UUID, list[Assurance]] = defaultdict(list)
    for row in await db.execute(_ASSURANCES, {"providers": list(versions), "since": page.since}):
        by_provider[row.provider_id].append(assurance_of(row))
    suspended: dict[UUID, list[object]] = defaultdict(list)
    for row in await db.execute(_SUSPENDED, {"providers": list(versions)}):
        suspended[row.provider_id].append(ProviderWasSuspended(row.provider_id, row.site_id))
    return [
        Said(
            provider,
            [
                (contract_of(each), version)
                for each in [*suspended[provider], *map(_present, by_provider[provider])]
            ],
        )
        for provider, version in versions.items()
    ]


def _present(assurance: Assurance) -> AssuranceChanged:
    """What the assurance is, in one event: a suspended one is not told as granted for a moment."""
    if assurance.state == GRANTED:
        return AssuranceWasGranted(assurance)
    if assurance.state == SUSPENDED:
        return AssuranceWasSuspended(assurance, "assurance-suspended")
    return AssuranceHasLapsed(assurance)


ANNOUNCED = Announcement("assurances", ASSURANCES, _TENANTS, _assurances)
