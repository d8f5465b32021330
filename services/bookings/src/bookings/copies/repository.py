"""The copies of other services' facts: the newest of each, whatever the order of arrival."""

from collections.abc import Collection
from dataclasses import asdict
from uuid import UUID

from sqlalchemy import text

from bookings.copies.commands import CopyOpportunity, CopyOrganisation
from bookings.copies.domain import (
    AssuredSite,
    Institution,
    ProviderStanding,
    ScheduledSession,
    TrustedDays,
)
from bookings.copies.site_trust import SUSPENSIONS_LOCK
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
    insert into opportunities (opportunity_id, provider_id, site_id, named_site_id, kind, format,
      activity_band, year_groups, state, sequence)
    values (:opportunity_id, :provider_id, :site_id, :named_site_id, :kind, :format, :activity_band,
      cast(:year_groups as smallint[]), 'listed', :sequence)
    on conflict (opportunity_id) do update
    set site_id = excluded.site_id, named_site_id = excluded.named_site_id, kind = excluded.kind,
        format = excluded.format, activity_band = excluded.activity_band, year_groups = excluded.year_groups,
        state = excluded.state, sequence = excluded.sequence
    where opportunities.sequence < excluded.sequence
    """
)
_OPPORTUNITY_STATE = text(
    """
    update opportunities set state = :state, sequence = :sequence
    where opportunity_id = :opportunity_id and sequence < :sequence returning true
    """
)
_IS_KNOWN = text("select true from opportunities where opportunity_id = :opportunity_id")
_ASSURANCE = text(
    """
    insert into assurances (assurance_id, provider_id, site_id, activity_band, state, valid_from, valid_until,
      sequence)
    values (:assurance_id, :provider_id, :site_id, :activity_band, :state, :first, :last, :sequence)
    on conflict (assurance_id) do update
    set state = excluded.state, sequence = excluded.sequence,
        valid_from = coalesce(excluded.valid_from, assurances.valid_from),
        valid_until = coalesce(excluded.valid_until, assurances.valid_until)
    where assurances.sequence < excluded.sequence
    returning true
    """
)
_LOCK_PROVIDER = text(f"select pg_advisory_xact_lock({SUSPENSIONS_LOCK.format(':provider_id')})")
_STANDING = text(
    """
    insert into provider_suspensions as known (provider_id, scope_id, suspended, sequence)
    values (:provider_id, :scope_id, :suspended, :sequence)
    on conflict (provider_id, scope_id) do update
    set suspended = excluded.suspended, sequence = excluded.sequence
    where known.sequence < excluded.sequence returning true
    """
)
_SESSION = text(
    """
    insert into sessions (session_id, opportunity_id, provider_id, first_day, last_day, begins_at, sequence)
    values (:session_id, :opportunity_id, :provider_id, :first_day, :last_day, :begins_at, :sequence)
    on conflict (session_id) do nothing returning true
    """
)
_SESSION_DAYS = text(
    """
    insert into session_days (session_id, on_day, minutes, during)
    select :session_id, on_day, minutes, tsrange(begins, finishes)
    from unnest(cast(:days as date[]), cast(:minutes as smallint[]), cast(:begins as timestamp[]),
                cast(:finishes as timestamp[])) as d(on_day, minutes, begins, finishes)
    """
)
# Waits for everybody who has taken places and not committed yet: their bookings refer to this row, and a
# plain update would pass them by.
_CANCELLATION = text(
    """
    with whole as (select session_id from sessions where session_id = :session_id for update)
    update sessions s set cancelled = true, sequence = greatest(s.sequence, :sequence)
    from whole where s.session_id = whole.session_id returning true
    """
)


class CopyRepository:
    """Organisations, opportunities, sessions and assurances as their owners last published them."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def institutions(self, institution_ids: Collection[UUID]) -> dict[UUID, Institution]:
        if not institution_ids:
            return {}
        rows = await self._db.execute(_INSTITUTIONS, {"organisation_ids": list(institution_ids)})
        return {row.organisation_id: Institution(row.kind, row.institution_type, row.open) for row in rows}

    async def copy_organisation(self, organisation: CopyOrganisation) -> None:
        await self._db.execute(_ORGANISATION, asdict(organisation))

    async def copy_opportunity(self, opportunity: CopyOpportunity, site_in_question: UUID | None) -> None:
        await self._db.execute(
            _OPPORTUNITY,
            {
                "opportunity_id": opportunity.opportunity_id,
                "provider_id": opportunity.provider_id,
                "site_id": site_in_question,
                "named_site_id": opportunity.site_id,
                "kind": opportunity.kind,
                "format": opportunity.format,
                "activity_band": opportunity.activity_band,
                "year_groups": list(opportunity.year_groups),
                "sequence": opportunity.sequence,
            },
        )

    async def copy_opportunity_state(self, opportunity_id: UUID, state: str, sequence: int) -> bool:
        values = {"opportunity_id": opportunity_id, "state": state, "sequence": sequence}
        if await self._db.scalar(_OPPORTUNITY_STATE, values):
            return True
        if not await self._db.scalar(_IS_KNOWN, {"opportunity_id": opportunity_id}):
            raise NotYetKnown("the opportunity", opportunity_id, of_its_own_key=True)
        return False

    async def copy_session(self, session: ScheduledSession, sequence: int) -> bool:
        values = {
            "session_id": session.id,
            "opportunity_id": session.opportunity_id,
            "provider_id": session.provider_id,
            "first_day": min(day.on for day in session.days),
            "last_day": max(day.on for day in session.days),
            "begins_at": session.begins_at,
            "sequence": sequence,
        }
        if not await self._db.scalar(_SESSION, values):
            return False
        await self._db.execute(
            _SESSION_DAYS,
            {
                "session_id": session.id,
                "days": [day.on for day in session.days],
                "minutes": [day.minutes for day in session.days],
                "begins": [day.begins for day in session.days],
                "finishes": [day.finishes for day in session.days],
            },
        )
        return True

    async def copy_cancellation(self, session_id: UUID, sequence: int) -> None:
        if not await self._db.scalar(_CANCELLATION, {"session_id": session_id, "sequence": sequence}):
            raise NotYetKnown("the session", session_id, of_its_own_key=True)

    async def copy_assurance(
        self, assurance_id: UUID, site: AssuredSite, state: str, days: TrustedDays, sequence: int
    ) -> bool:
        values = {"assurance_id": assurance_id, "state": state, "sequence": sequence}
        return bool(await self._db.scalar(_ASSURANCE, values | asdict(site) | asdict(days)))

    async def copy_standing(self, standing: ProviderStanding, sequence: int) -> bool:
        await self._db.execute(_LOCK_PROVIDER, {"provider_id": str(standing.provider_id)})
        values = {
            "provider_id": standing.provider_id,
            "scope_id": standing.site_id or standing.provider_id,
            "suspended": standing.suspended,
            "sequence": sequence,
        }
        return bool(await self._db.scalar(_STANDING, values))
