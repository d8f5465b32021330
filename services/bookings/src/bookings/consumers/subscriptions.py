"""Everything this service listens to, and everything its clock asks for."""

from bookings.application.ports import Work
from bookings.consumers import policies
from bookings.domain.bookings import BEGINNING, HOLD
from bookings.domain.line import CALL
from shared.contracts import integrations, opportunities, safeguarding
from shared.messaging.policy import Deadline, Subscription

SUBSCRIPTIONS: list[Subscription[Work]] = [
    Subscription(integrations.RosterRowReceived, policies.when_roster_row_received_apply),
    Subscription(opportunities.OrganisationRecorded, policies.when_organisation_recorded_copy),
    Subscription(opportunities.OpportunityPublished, policies.when_opportunity_published_copy),
    Subscription(opportunities.OpportunityWithdrawn, policies.when_opportunity_withdrawn_close),
    Subscription(opportunities.OpportunitySuspended, policies.when_opportunity_suspended_close),
    Subscription(opportunities.OpportunityReinstated, policies.when_opportunity_reinstated_open),
    Subscription(opportunities.SessionScheduled, policies.when_session_scheduled_copy),
    Subscription(opportunities.SessionCancelled, policies.when_session_cancelled_cancel_bookings),
    Subscription(safeguarding.AssuranceGranted, policies.when_assurance_granted_reinstate),
    Subscription(safeguarding.AssuranceReinstated, policies.when_assurance_reinstated_reinstate),
    Subscription(safeguarding.AssuranceSuspended, policies.when_assurance_suspended_suspend),
    Subscription(safeguarding.AssuranceLapsed, policies.when_assurance_lapsed_suspend),
    Subscription(safeguarding.ClearanceGranted, policies.when_clearance_granted_confirm),
    Subscription(safeguarding.ClearanceRefused, policies.when_clearance_refused_refuse),
    Subscription(safeguarding.ClearanceReferred, policies.when_clearance_referred_wait),
]

DEADLINES: list[Deadline[Work]] = [
    Deadline(HOLD, policies.when_hold_runs_out_expire),
    Deadline(BEGINNING, policies.when_session_begins_end),
    Deadline(CALL, policies.when_places_are_free_call_line),
]
