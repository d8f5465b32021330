"""Events and passed deadlines that move bookings."""

from typing import Any
from uuid import UUID

from bookings.copies.domain import AssuredSite, ProviderStanding, TrustedDays
from bookings.learners.commands import ApplyRosterRow
from bookings.reservations import commands
from bookings.reservations.domain.booking import SESSION_CANCELLED
from bookings.reservations.handlers import copied_facts, lifecycle, rosters, waiting_list
from bookings.reservations.ports import (
    CopiedFactsUnitOfWork,
    LifecycleUnitOfWork,
    RosterFollowedUnitOfWork,
    WaitingListUnitOfWork,
)
from shared.contracts import integrations, opportunities, safeguarding
from shared.contracts.envelope import Event
from shared.messaging.policy import Due, Instruction, for_tenants

CopiedFact = Instruction[CopiedFactsUnitOfWork]
Moved = Instruction[LifecycleUnitOfWork]


def when_roster_row_received_apply(
    event: Event[integrations.RosterRowReceived],
) -> Instruction[RosterFollowedUnitOfWork]:
    data = event.data
    command = ApplyRosterRow(
        data.institution_id, data.roster_id, data.row, data.sealed, event.sequence, event.time
    )
    return Instruction(rosters.apply_row_and_follow, command, for_tenants(data.institution_id))


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


def when_provider_suspended_suspend(event: Event[safeguarding.ProviderSuspended]) -> CopiedFact:
    return _standing(event, event.data.reason_code, suspended=True)


def when_provider_reinstated_reinstate(event: Event[safeguarding.ProviderReinstated]) -> CopiedFact:
    return _standing(event, "provider-reinstated", suspended=False)


def when_clearance_granted_confirm(event: Event[safeguarding.ClearanceGranted]) -> Moved:
    return _granted(event)


def when_clearance_conditions_set_replace(event: Event[safeguarding.ClearanceConditionsSet]) -> Moved:
    return _granted(event)


def when_clearance_revoked_suspend(event: Event[safeguarding.ClearanceRevoked]) -> Moved:
    parties = _parties(event)
    command = commands.RevokeClearance(event.data.booking_id, parties, event.sequence)
    return Instruction(lifecycle.revoke_clearance, command, parties)


def when_clearance_refused_refuse(event: Event[safeguarding.ClearanceRefused]) -> Moved:
    parties, reasons = _parties(event), tuple(event.data.decision.reason_codes)
    command = commands.RefuseClearance(event.data.booking_id, parties, reasons, event.sequence)
    return Instruction(lifecycle.refuse_clearance, command, parties)


def when_clearance_referred_wait(event: Event[safeguarding.ClearanceReferred]) -> Moved:
    parties = _parties(event)
    command = commands.ReferClearance(event.data.booking_id, parties, event.sequence)
    return Instruction(lifecycle.refer_clearance, command, parties)


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


def _granted(event: Event[Any]) -> Moved:
    parties, conditions = _parties(event), tuple(event.data.decision.reason_codes)
    command = commands.GrantClearance(event.data.booking_id, parties, conditions, event.sequence)
    return Instruction(lifecycle.grant_clearance, command, parties)


def _parties(event: Event[Any]) -> frozenset[UUID]:
    return for_tenants(event.data.institution_id, event.data.provider_id)


def _standing(event: Event[Any], reason_code: str, *, suspended: bool) -> CopiedFact:
    data = event.data
    standing = ProviderStanding(data.provider_id, data.site_id, suspended)
    command = commands.ApplyStanding(standing, reason_code, event.sequence)
    return Instruction(copied_facts.apply_standing, command, for_tenants(data.provider_id))


def _assurance(event: Event[Any], state: str, reason_code: str) -> CopiedFact:
    data = event.data
    days = TrustedDays(data.valid_from, data.valid_until)
    site = AssuredSite(data.provider_id, data.site_id, data.activity_band)
    command = commands.ApplyAssurance(data.assurance_id, site, state, days, reason_code, event.sequence)
    return Instruction(copied_facts.apply_assurance, command, for_tenants(data.provider_id))
