"""What each event and deadline asks of safeguarding."""

from uuid import UUID

from safeguarding.application.commands import (
    CopyOpportunity,
    CopyOrganisation,
    CopySession,
    CopySessionCancelled,
    DecideClearance,
    EndClearance,
    ForgetLearner,
    LapseAssurance,
    LearnerAsked,
    RemoveLearners,
)
from safeguarding.application.handlers import assurances, clearances, copies
from safeguarding.application.ports import UnitOfWork
from shared.contracts.bookings import (
    BookingChanged,
    BookingEnded,
    BookingRequested,
    BookingSaid,
    LearnerErased,
)
from shared.contracts.envelope import Event
from shared.contracts.opportunities import (
    OpportunityPublished,
    OrganisationRecorded,
    SessionCancelled,
    SessionScheduled,
)
from shared.kernel import new_id
from shared.messaging.policy import Due, Instruction, for_tenants


def when_organisation_recorded_copy_it(event: Event[OrganisationRecorded]) -> Instruction[UnitOfWork]:
    said = event.data
    sites = tuple((site.site_id, site.local_authority_code) for site in said.sites)
    return Instruction(
        copies.copy_organisation,
        CopyOrganisation(said.organisation_id, said.kind, said.area_code, said.open, sites, event.sequence),
    )


def when_opportunity_published_copy_it(event: Event[OpportunityPublished]) -> Instruction[UnitOfWork]:
    said = event.data
    return Instruction(
        copies.copy_opportunity,
        CopyOpportunity(
            said.opportunity_id,
            said.provider_id,
            said.format,
            said.mode,
            said.activity_band,
            said.accompanied,
            event.sequence,
        ),
    )


def when_session_scheduled_copy_it(event: Event[SessionScheduled]) -> Instruction[UnitOfWork]:
    said = event.data
    return Instruction(
        copies.copy_session,
        CopySession(
            said.session_id,
            said.opportunity_id,
            said.provider_id,
            said.site_id,
            tuple(sorted({day.on for day in said.days})),
            any(day.overnight for day in said.days),
            tuple(sorted(set(said.supervisor_ids))),
            event.sequence,
        ),
    )


def when_session_cancelled_copy_it(event: Event[SessionCancelled]) -> Instruction[UnitOfWork]:
    return Instruction(copies.cancel_session, CopySessionCancelled(event.data.session_id))


def when_booking_requested_decide_clearance(event: Event[BookingRequested]) -> Instruction[UnitOfWork]:
    said = event.data
    learners = tuple(
        LearnerAsked(each.learner_id, each.under_16_on_every_day, each.of_compulsory_school_age)
        for each in said.learners
    )
    return Instruction(
        clearances.decide_clearance,
        DecideClearance(
            new_id(), said.booking_id, said.session_id, said.institution_id, said.provider_id, learners
        ),
        _parties(said),
    )


def when_booking_changed_count_days_again(event: Event[BookingChanged]) -> Instruction[UnitOfWork]:
    removed = frozenset(event.data.removed_learner_ids)
    return Instruction(
        clearances.remove_learners, RemoveLearners(event.data.booking_id, removed), _parties(event.data)
    )


def when_booking_ended_end_clearance(event: Event[BookingEnded]) -> Instruction[UnitOfWork]:
    return Instruction(clearances.end_clearance, EndClearance(event.data.booking_id), _parties(event.data))


def when_learner_erased_forget_them(event: Event[LearnerErased]) -> Instruction[UnitOfWork]:
    said = event.data
    return Instruction(
        clearances.forget_learner,
        ForgetLearner(said.learner_id, said.institution_id),
        for_tenants(said.institution_id),
    )


def when_assurance_expires_lapse_it(due: Due) -> Instruction[UnitOfWork]:
    return Instruction(
        assurances.lapse_assurance,
        LapseAssurance(due.subject_id, due.tenant_id),
        for_tenants(due.tenant_id),
    )


def _parties(said: BookingSaid) -> frozenset[UUID]:
    return for_tenants(said.institution_id, said.provider_id)
