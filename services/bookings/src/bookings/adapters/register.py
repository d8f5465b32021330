"""The copy of what the register and safeguarding say: the newest of each, whatever the order of arrival."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bookings.application.commands import AssuredSite, RecordAssurance, RecordOpportunity, RecordOrganisation
from bookings.domain.eligibility import Institution
from shared.bus.transaction import Transaction
from shared.kernel import NotYetKnown

_INSTITUTIONS = text(
    """
    select organisation_id, kind, institution_type, open from organisations
    where organisation_id = any (cast(:organisation_ids as uuid[]))
    """
)
_ORGANISATION = text(
    """
    insert into organisations (organisation_id, kind, institution_type, open, sequence)
    values (:organisation_id, :kind, :institution_type, :open, :sequence)
    on conflict (organisation_id) do update
    set kind = excluded.kind, institution_type = excluded.institution_type, open = excluded.open,
        sequence = excluded.sequence
    where organisations.sequence < excluded.sequence
    """
)
_OPPORTUNITY = text(
    """
    insert into opportunities (opportunity_id, provider_id, site_id, kind, format, activity_band, year_groups,
      state, sequence)
    values (:opportunity_id, :provider_id, :site_id, :kind, :format, :activity_band,
      cast(:year_groups as smallint[]), 'listed', :sequence)
    on conflict (opportunity_id) do update
    set site_id = excluded.site_id, kind = excluded.kind, format = excluded.format,
        activity_band = excluded.activity_band, year_groups = excluded.year_groups, state = excluded.state,
        sequence = excluded.sequence
    where opportunities.sequence < excluded.sequence
    """
)
_MOVE_OPPORTUNITY = text(
    """
    update opportunities set state = :state, sequence = :sequence
    where opportunity_id = :opportunity_id and sequence < :sequence returning true
    """
)
_IS_KNOWN = text("select true from opportunities where opportunity_id = :opportunity_id")
_ASSURANCE = text(
    """
    insert into assurances (assurance_id, provider_id, site_id, activity_band, state, sequence)
    values (:assurance_id, :provider_id, :site_id, :activity_band, :state, :sequence)
    on conflict (assurance_id) do update set state = excluded.state, sequence = excluded.sequence
    where assurances.sequence < excluded.sequence
    returning true
    """
)
_TRUSTS = text(
    """
    select trusted from site_trust
    where provider_id = :provider_id and site_id = :site_id and activity_band = :activity_band
    """
)
_LOCK_TRUST = text(
    """
    select from assurances a
    join opportunities o using (provider_id, site_id, activity_band)
    join sessions s on s.opportunity_id = o.opportunity_id
    where s.session_id = :session_id for share of a
    """
)
_TRUSTS_SESSION = text(
    """
    select t.trusted from site_trust t
    join opportunities o using (provider_id, site_id, activity_band)
    join sessions s on s.opportunity_id = o.opportunity_id
    where s.session_id = :session_id
    """
)


class RegisterCopyRepository:
    """Organisations, opportunities and assurances as others own them."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def institutions(self, institution_ids: Collection[UUID]) -> dict[UUID, Institution]:
        if not institution_ids:
            return {}
        rows = await self._db.execute(_INSTITUTIONS, {"organisation_ids": list(institution_ids)})
        return {row.organisation_id: Institution(row.kind, row.institution_type, row.open) for row in rows}

    async def record_organisation(self, organisation: RecordOrganisation) -> None:
        await self._db.execute(_ORGANISATION, asdict(organisation))

    async def record_opportunity(self, opportunity: RecordOpportunity) -> None:
        values = asdict(opportunity) | {"year_groups": list(opportunity.year_groups)}
        await self._db.execute(_OPPORTUNITY, values)

    async def move_opportunity(self, opportunity_id: UUID, state: str, sequence: int) -> bool:
        values = {"opportunity_id": opportunity_id, "state": state, "sequence": sequence}
        if await self._db.scalar(_MOVE_OPPORTUNITY, values):
            return True
        if not await self._db.scalar(_IS_KNOWN, {"opportunity_id": opportunity_id}):
            raise NotYetKnown("an opportunity that left or entered the listing")
        return False

    async def record_assurance(self, assurance: RecordAssurance) -> bool:
        values: dict[str, Any] = asdict(assurance.site) | {
            "assurance_id": assurance.assurance_id,
            "state": assurance.state,
            "sequence": assurance.sequence,
        }
        return bool(await self._db.scalar(_ASSURANCE, values))

    async def trusts(self, site: AssuredSite) -> bool:
        return await self._db.scalar(_TRUSTS, asdict(site)) is not False

    async def trusts_session(self, session_id: UUID) -> bool:
        await self._db.execute(_LOCK_TRUST, {"session_id": session_id})
        return await self._db.scalar(_TRUSTS_SESSION, {"session_id": session_id}) is not False
