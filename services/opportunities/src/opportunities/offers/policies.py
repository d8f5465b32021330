"""Events and passed deadlines to what they mean for offers."""

from typing import Any

from opportunities.copies.domain import Assurance, AssuranceState, ProviderStanding
from opportunities.directory.domain import PROVIDING
from opportunities.offers import handlers
from opportunities.offers.commands import ApplyAssurance, ApplyStanding, BeginAssurance, CopyProviderName
from opportunities.offers.ports import OffersUnitOfWork
from shared.contracts.envelope import Event
from shared.contracts.opportunities import OrganisationRecorded
from shared.contracts.safeguarding import (
    AssuranceGranted,
    AssuranceLapsed,
    AssuranceReinstated,
    AssuranceSaid,
    AssuranceSuspended,
    ProviderReinstated,
    ProviderSuspended,
)
from shared.messaging.policy import Due, Instruction, for_tenants


def when_assurance_granted_apply(event: Event[AssuranceGranted]) -> Instruction[OffersUnitOfWork]:
    """A site is trusted: what was suspended for want of it comes back."""
    return _apply(event, "granted")


def when_assurance_reinstated_apply(event: Event[AssuranceReinstated]) -> Instruction[OffersUnitOfWork]:
    """Trust is given back."""
    return _apply(event, "granted")


def when_assurance_suspended_apply(event: Event[AssuranceSuspended]) -> Instruction[OffersUnitOfWork]:
    """Trust is withdrawn: what relied on it leaves the listing."""
    return _apply(event, "suspended")


def when_assurance_lapsed_apply(event: Event[AssuranceLapsed]) -> Instruction[OffersUnitOfWork]:
    """Trust ran out: unless it was renewed, what relied on it leaves the listing."""
    return _apply(event, "lapsed")


def when_provider_suspended_unlist(event: Event[ProviderSuspended]) -> Instruction[OffersUnitOfWork]:
    """Whatever the provider offers, or offers at the site, leaves the listing."""
    return _standing(event, event.data.reason_code, suspended=True)


def when_provider_reinstated_relist(event: Event[ProviderReinstated]) -> Instruction[OffersUnitOfWork]:
    """What nothing else keeps from the listing comes back."""
    return _standing(event, "provider-reinstated", suspended=False)


def when_assurance_begins_list(due: Due) -> Instruction[OffersUnitOfWork]:
    """An assurance's first day has come."""
    return Instruction(
        handlers.begin_assurance, BeginAssurance(due.subject_id), tenants=for_tenants(due.tenant_id)
    )


def when_organisation_recorded_copy_name(
    event: Event[OrganisationRecorded],
) -> Instruction[OffersUnitOfWork] | None:
    """A provider may have a new name; only the provider itself may write it on its offers."""
    if event.data.kind not in PROVIDING:
        return None
    provider_id = event.data.organisation_id
    return Instruction(
        handlers.copy_provider_name, CopyProviderName(provider_id), tenants=for_tenants(provider_id)
    )


def _standing(event: Event[Any], reason_code: str, *, suspended: bool) -> Instruction[OffersUnitOfWork]:
    data = event.data
    standing = ProviderStanding(data.provider_id, data.site_id, suspended, event.sequence)
    return Instruction(
        handlers.apply_standing,
        ApplyStanding(standing, reason_code),
        tenants=for_tenants(data.provider_id),
    )


def _apply(event: Event[Any], state: AssuranceState) -> Instruction[OffersUnitOfWork]:
    published: AssuranceSaid = event.data
    assurance = Assurance(
        id=published.assurance_id,
        provider_id=published.provider_id,
        site_id=published.site_id,
        activity_band=published.activity_band,
        state=state,
        sequence=event.sequence,
        changed_at=event.time,
        valid_from=published.valid_from,
        valid_until=published.valid_until,
    )
    return Instruction(
        handlers.apply_assurance, ApplyAssurance(assurance), tenants=for_tenants(published.provider_id)
    )
