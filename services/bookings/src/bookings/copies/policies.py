"""Events whose facts are copied and move no booking."""

from bookings.copies import handlers
from bookings.copies.commands import CopyOpportunity, CopyOpportunityState, CopyOrganisation
from bookings.copies.ports import CopiesUnitOfWork
from shared.contracts.envelope import Event
from shared.contracts.opportunities import (
    OpportunityPublished,
    OpportunitySuspended,
    OpportunityWithdrawn,
    OrganisationRecorded,
)
from shared.messaging.policy import Instruction


def when_organisation_recorded_copy(event: Event[OrganisationRecorded]) -> Instruction[CopiesUnitOfWork]:
    data = event.data
    command = CopyOrganisation(
        data.organisation_id, data.kind, data.institution_type, data.open, event.sequence
    )
    return Instruction(handlers.copy_organisation, command)


def when_opportunity_published_copy(event: Event[OpportunityPublished]) -> Instruction[CopiesUnitOfWork]:
    data = event.data
    command = CopyOpportunity(
        data.opportunity_id,
        data.provider_id,
        data.site_id,
        data.mode,
        data.kind,
        data.format,
        data.activity_band,
        tuple(data.year_groups),
        event.sequence,
    )
    return Instruction(handlers.copy_opportunity, command)


def when_opportunity_withdrawn_copy(event: Event[OpportunityWithdrawn]) -> Instruction[CopiesUnitOfWork]:
    command = CopyOpportunityState(event.data.opportunity_id, "withdrawn", event.sequence)
    return Instruction(handlers.copy_opportunity_state, command)


def when_opportunity_suspended_copy(event: Event[OpportunitySuspended]) -> Instruction[CopiesUnitOfWork]:
    command = CopyOpportunityState(event.data.opportunity_id, "suspended", event.sequence)
    return Instruction(handlers.copy_opportunity_state, command)
