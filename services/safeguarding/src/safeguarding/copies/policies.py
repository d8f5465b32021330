"""Each published fact that is copied, and the command that copies it."""

from safeguarding.copies.commands import (
    CopyOpportunity,
    CopyOrganisation,
    CopySession,
    CopySessionCancellation,
)
from safeguarding.copies.handlers import (
    copy_opportunity,
    copy_organisation,
    copy_session,
    copy_session_cancellation,
)
from safeguarding.copies.ports import CopiesUnitOfWork
from shared.contracts.envelope import Event
from shared.contracts.opportunities import (
    OpportunityPublished,
    OrganisationRecorded,
    SessionCancelled,
    SessionScheduled,
)
from shared.messaging.policy import Instruction, for_tenants


def when_organisation_recorded_copy(event: Event[OrganisationRecorded]) -> Instruction[CopiesUnitOfWork]:
    organisation = event.data
    sites = tuple((site.site_id, site.local_authority_code) for site in organisation.sites)
    return Instruction(
        copy_organisation,
        CopyOrganisation(
            organisation.organisation_id,
            organisation.kind,
            organisation.area_code,
            organisation.open,
            sites,
            event.sequence,
        ),
    )


def when_opportunity_published_copy(event: Event[OpportunityPublished]) -> Instruction[CopiesUnitOfWork]:
    opportunity = event.data
    return Instruction(
        copy_opportunity,
        CopyOpportunity(
            opportunity.opportunity_id,
            opportunity.provider_id,
            opportunity.format,
            opportunity.mode,
            opportunity.activity_band,
            opportunity.accompanied,
            event.sequence,
        ),
    )


def when_session_scheduled_copy(event: Event[SessionScheduled]) -> Instruction[CopiesUnitOfWork]:
    session = event.data
    return Instruction(
        copy_session,
        CopySession(
            session.session_id,
            session.opportunity_id,
            session.provider_id,
            session.site_id,
            tuple(sorted({day.on for day in session.days})),
            any(day.overnight for day in session.days),
            tuple(sorted(set(session.supervisor_ids))),
            event.sequence,
        ),
        for_tenants(session.provider_id),
    )


def when_session_cancelled_copy(event: Event[SessionCancelled]) -> Instruction[CopiesUnitOfWork]:
    command = CopySessionCancellation(event.data.session_id)
    return Instruction(copy_session_cancellation, command, for_tenants(event.data.provider_id))
