"""Copies of organisations, sites, opportunities and sessions, and what they say of providers."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import text

from safeguarding.copies.commands import (
    CopyOpportunity,
    CopyOrganisation,
    CopySession,
    CopySessionCancellation,
)
from shared.bus.transaction import Transaction

_ORGANISATION = text(
    """
    insert into known_organisations (organisation_id, kind, area_code, open, sequence)
    values (:organisation_id, :kind, :area_code, :open, :sequence)
    on conflict (organisation_id) do update
    set kind = excluded.kind, area_code = excluded.area_code, open = excluded.open,
        sequence = excluded.sequence
    where known_organisations.sequence < excluded.sequence
    returning true
    """
)
_NO_SITES = text("delete from known_sites where provider_id = :organisation_id")
_SITES = text(
    """
    insert into known_sites (provider_id, site_id, local_authority_code)
    select :organisation_id, * from unnest(cast(:site_ids as uuid[]), cast(:codes as text[]))
    """
)
_OPPORTUNITY = text(
    """
    insert into known_opportunities
      (opportunity_id, provider_id, format, mode, activity_band, accompanied, sequence)
    values (:opportunity_id, :provider_id, :format, :mode, :activity_band, :accompanied, :sequence)
    on conflict (opportunity_id) do update
    set format = excluded.format, mode = excluded.mode, activity_band = excluded.activity_band,
        accompanied = excluded.accompanied, sequence = excluded.sequence
    where known_opportunities.sequence < excluded.sequence
    """
)
_SESSION = text(
    """
    insert into known_sessions
      (session_id, opportunity_id, provider_id, site_id, days, overnight, supervisor_ids, sequence)
    values (:session_id, :opportunity_id, :provider_id, :site_id, :days, :overnight, :supervisor_ids,
            :sequence)
    on conflict (session_id) do update
    set site_id = excluded.site_id, days = excluded.days, overnight = excluded.overnight,
        supervisor_ids = excluded.supervisor_ids, sequence = excluded.sequence
    where known_sessions.sequence < excluded.sequence
    returning true
    """
)
# A session stays cancelled, even when an event that scheduled it is delivered again.
_CANCEL = text(
    """
    update known_sessions set cancelled = true where session_id = :session_id and not cancelled
    returning true
    """
)
_PROVIDER = text(
    """
    select exists (select from known_organisations where organisation_id = :provider_id
                   and kind in ('provider', 'delivery_provider'))
    """
)
_SITE = text(
    """
    select exists (select from known_sites join known_organisations on organisation_id = provider_id
                   where provider_id = :provider_id and site_id = :site_id and (open or not :open_only))
    """
)
_HUB = text(
    """
    select hub.organisation_id from known_organisations provider
    join known_organisations hub on hub.kind = 'hub' and hub.area_code = provider.area_code and hub.open
    where provider.organisation_id = :provider_id order by 1 limit 1
    """
)


class CopyRepository:
    """Stores copies; what is older than the copy changes nothing."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def copy_organisation(self, command: CopyOrganisation) -> None:
        if not await self._db.scalar(_ORGANISATION, asdict(command)):
            return
        ids, codes = [site_id for site_id, _ in command.sites], [code for _, code in command.sites]
        organisation = {"organisation_id": command.organisation_id}
        await self._db.execute(_NO_SITES, organisation)
        await self._db.execute(_SITES, {**organisation, "site_ids": ids, "codes": codes})

    async def copy_opportunity(self, command: CopyOpportunity) -> None:
        await self._db.execute(_OPPORTUNITY, asdict(command))

    async def copy_session(self, command: CopySession) -> bool:
        values = asdict(command) | {
            "days": list(command.days),
            "supervisor_ids": list(command.supervisor_ids),
        }
        return bool(await self._db.scalar(_SESSION, values))

    async def copy_session_cancellation(self, command: CopySessionCancellation) -> bool:
        return bool(await self._db.scalar(_CANCEL, {"session_id": command.session_id}))


class ProviderRepository:
    """What the copies say of providers."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def has_provider(self, provider_id: UUID) -> bool:
        return bool(await self._db.scalar(_PROVIDER, {"provider_id": provider_id}))

    async def has_site(self, provider_id: UUID, site_id: UUID, *, open_only: bool) -> bool:
        values = {"provider_id": provider_id, "site_id": site_id, "open_only": open_only}
        return bool(await self._db.scalar(_SITE, values))

    async def hub_of(self, provider_id: UUID) -> UUID | None:
        found: UUID | None = await self._db.scalar(_HUB, {"provider_id": provider_id})
        return found
