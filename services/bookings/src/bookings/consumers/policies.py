"""What an event or a passed deadline asks of this service."""

from typing import Any

from bookings.application import commands
from bookings.application.handlers import following, requesting, saga
from bookings.application.ports import UnitOfWork
from bookings.copies.domain import AssuredSite
from shared.contracts import opportunities, safeguarding
from shared.contracts.envelope import Event
from shared.messaging.policy import Due, Instruction, for_tenants

Told = Instruction[UnitOfWork]


def when_session_cancelled_cancel_bookings(event: Event[opportunities.SessionCancelled]) -> Told:
    data = event.data
    command = commands.CancelSession(data.session_id, data.reason_code, event.sequence)
    return Instruction(following.cancel_session, command, for_tenants(data.provider_id))


def when_assurance_granted_reinstate(event: Event[safeguarding.AssuranceGranted]) -> Told:
    return _assurance(event, "in_force", "assurance-granted")


def when_assurance_reinstated_reinstate(event: Event[safeguarding.AssuranceReinstated]) -> Told:
    return _assurance(event, "in_force", "assurance-reinstated")


def when_assurance_suspended_suspend(event: Event[safeguarding.AssuranceSuspended]) -> Told:
    return _assurance(event, "suspended", event.data.reason_code)


def when_assurance_lapsed_suspend(event: Event[safeguarding.AssuranceLapsed]) -> Told:
    return _assurance(event, "lapsed", "assurance-lapsed")


def when_clearance_granted_confirm(event: Event[safeguarding.ClearanceGranted]) -> Told:
    parties = for_tenants(event.data.institution_id, event.data.provider_id)
    return Instruction(saga.grant_clearance, commands.GrantClearance(event.data.booking_id, parties), parties)


def when_clearance_refused_refuse(event: Event[safeguarding.ClearanceRefused]) -> Told:
    parties = for_tenants(event.data.institution_id, event.data.provider_id)
    reasons = tuple(event.data.decision.reason_codes)
    command = commands.RefuseClearance(event.data.booking_id, parties, reasons)
    return Instruction(saga.refuse_clearance, command, parties)


def when_clearance_referred_wait(event: Event[safeguarding.ClearanceReferred]) -> Told:
    parties = for_tenants(event.data.institution_id, event.data.provider_id)
    return Instruction(saga.refer_clearance, commands.ReferClearance(event.data.booking_id, parties), parties)


def when_hold_runs_out_expire(due: Due) -> Told:
    parties = for_tenants(due.tenant_id)
    return Instruction(saga.expire_hold, commands.ExpireHold(due.subject_id, parties), parties)


def when_session_begins_end(due: Due) -> Told:
    parties = for_tenants(due.tenant_id)
    return Instruction(saga.end_missed_booking, commands.EndMissedBooking(due.subject_id, parties), parties)


def when_places_are_free_promote(due: Due) -> Told:
    command = commands.PromoteFromWaitingList(due.subject_id)
    return Instruction(requesting.promote_from_waiting_list, command, for_tenants(due.tenant_id))


def _assurance(event: Event[Any], state: str, reason_code: str) -> Told:
    data = event.data
    site = AssuredSite(data.provider_id, data.site_id, data.activity_band)
    command = commands.ApplyAssurance(data.assurance_id, site, state, reason_code, event.sequence)
    return Instruction(following.apply_assurance, command, for_tenants(data.provider_id))
