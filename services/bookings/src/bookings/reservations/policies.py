"""Events and passed deadlines that move bookings."""

from typing import Any

from bookings.copies.domain import AssuredSite
from bookings.reservations import commands
from bookings.reservations.domain.booking import SESSION_CANCELLED
from bookings.reservations.handlers import copied_facts, lifecycle, waiting_list
from bookings.reservations.ports import CopiedFactsUnitOfWork, LifecycleUnitOfWork, WaitingListUnitOfWork
from shared.contracts import opportunities, safeguarding
from shared.contracts.envelope import Event
from shared.messaging.policy import Due, Instruction, for_tenants

CopiedFact = Instruction[CopiedFactsUnitOfWork]
Moved = Instruction[LifecycleUnitOfWork]


def when_session_cancelled_cancel_bookings(event: Event[opportunities.SessionCancelled]) -> CopiedFact:
    data = event.data
    command = commands.CancelSession(data.session_id, data.reason_code, event.sequence)
    return Instruction(copied_facts.cancel_session, command, for_tenants(data.provider_id))


def when_assurance_granted_reinstate(event: Event[safeguarding.AssuranceGranted]) -> CopiedFact:
    return _assurance(event, "in_force", "assurance-granted")


def when_assurance_reinstated_reinstate(event: Event[safeguarding.AssuranceReinstated]) -> CopiedFact:
    return _assurance(event, "in_force", "assurance-reinstated")


def when_assurance_suspended_suspend(event: Event[safeguarding.AssuranceSuspended]) -> CopiedFact:
    return _assurance(event, "suspended", event.data.reason_code)


def when_assurance_lapsed_suspend(event: Event[safeguarding.AssuranceLapsed]) -> CopiedFact:
    return _assurance(event, "lapsed", "assurance-lapsed")


def when_clearance_granted_confirm(event: Event[safeguarding.ClearanceGranted]) -> Moved:
    parties = for_tenants(event.data.institution_id, event.data.provider_id)
    return Instruction(
        lifecycle.grant_clearance, commands.GrantClearance(event.data.booking_id, parties), parties
    )


def when_clearance_refused_refuse(event: Event[safeguarding.ClearanceRefused]) -> Moved:
    parties = for_tenants(event.data.institution_id, event.data.provider_id)
    reasons = tuple(event.data.decision.reason_codes)
    command = commands.RefuseClearance(event.data.booking_id, parties, reasons)
    return Instruction(lifecycle.refuse_clearance, command, parties)


def when_clearance_referred_wait(event: Event[safeguarding.ClearanceReferred]) -> Moved:
    parties = for_tenants(event.data.institution_id, event.data.provider_id)
    return Instruction(
        lifecycle.refer_clearance, commands.ReferClearance(event.data.booking_id, parties), parties
    )


def when_hold_runs_out_expire(due: Due) -> Moved:
    parties = for_tenants(due.tenant_id)
    return Instruction(lifecycle.expire_hold, commands.ExpireHold(due.subject_id, parties), parties)


def when_session_begins_end(due: Due) -> Moved:
    parties = for_tenants(due.tenant_id)
    return Instruction(
        lifecycle.end_missed_booking, commands.EndMissedBooking(due.subject_id, parties), parties
    )


def when_session_was_cancelled_end_what_is_left(due: Due) -> CopiedFact:
    """Set by a migration alone, for bookings that an earlier release confirmed in a cancelled session."""
    command = commands.CancelSession(due.subject_id, SESSION_CANCELLED, sequence=0)
    return Instruction(copied_facts.cancel_session, command, for_tenants(due.tenant_id))


def when_places_are_free_promote(due: Due) -> Instruction[WaitingListUnitOfWork]:
    command = commands.PromoteFromWaitingList(due.subject_id)
    return Instruction(waiting_list.promote_from_waiting_list, command, for_tenants(due.tenant_id))


def _assurance(event: Event[Any], state: str, reason_code: str) -> CopiedFact:
    data = event.data
    site = AssuredSite(data.provider_id, data.site_id, data.activity_band)
    command = commands.ApplyAssurance(data.assurance_id, site, state, reason_code, event.sequence)
    return Instruction(copied_facts.apply_assurance, command, for_tenants(data.provider_id))
