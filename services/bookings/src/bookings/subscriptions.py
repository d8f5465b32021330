"""Every event this service consumes, and every deadline it acts on."""

from bookings.capacity import policies as capacity
from bookings.capacity.domain import WAITING_LIST
from bookings.copies import policies as copies
from bookings.reservations import policies as reservations
from bookings.reservations.domain.booking import BEGINNING, HOLD, SESSION_CANCELLED
from bookings.unit_of_work import BookingsUnitOfWork
from shared.contracts import integrations, opportunities, safeguarding
from shared.messaging.policy import Deadline, Subscription

SUBSCRIPTIONS: list[Subscription[BookingsUnitOfWork]] = [
    Subscription(
        "when_roster_row_received_apply",
        integrations.RosterRowReceived,
        reservations.when_roster_row_received_apply,
    ),
    Subscription(
        "when_organisation_recorded_copy",
        opportunities.OrganisationRecorded,
        copies.when_organisation_recorded_copy,
    ),
    Subscription(
        "when_opportunity_published_copy",
        opportunities.OpportunityPublished,
        copies.when_opportunity_published_copy,
    ),
    Subscription(
        "when_opportunity_withdrawn_close",
        opportunities.OpportunityWithdrawn,
        copies.when_opportunity_withdrawn_copy,
    ),
    Subscription(
        "when_opportunity_suspended_close",
        opportunities.OpportunitySuspended,
        copies.when_opportunity_suspended_copy,
    ),
    Subscription(
        "when_opportunity_reinstated_open",
        opportunities.OpportunityReinstated,
        capacity.when_opportunity_reinstated_offer_places,
    ),
    Subscription(
        "when_session_scheduled_copy",
        opportunities.SessionScheduled,
        capacity.when_session_scheduled_open_places,
    ),
    Subscription(
        "when_session_cancelled_cancel_bookings",
        opportunities.SessionCancelled,
        reservations.when_session_cancelled_cancel_bookings,
    ),
    Subscription(
        "when_assurance_granted_reinstate",
        safeguarding.AssuranceGranted,
        reservations.when_assurance_granted_reinstate,
    ),
    Subscription(
        "when_assurance_reinstated_reinstate",
        safeguarding.AssuranceReinstated,
        reservations.when_assurance_reinstated_reinstate,
    ),
    Subscription(
        "when_assurance_suspended_suspend",
        safeguarding.AssuranceSuspended,
        reservations.when_assurance_suspended_suspend,
    ),
    Subscription(
        "when_assurance_lapsed_suspend",
        safeguarding.AssuranceLapsed,
        reservations.when_assurance_lapsed_suspend,
    ),
    Subscription(
        "when_provider_suspended_suspend",
        safeguarding.ProviderSuspended,
        reservations.when_provider_suspended_suspend,
    ),
    Subscription(
        "when_provider_reinstated_reinstate",
        safeguarding.ProviderReinstated,
        reservations.when_provider_reinstated_reinstate,
    ),
    Subscription(
        "when_clearance_granted_confirm",
        safeguarding.ClearanceGranted,
        reservations.when_clearance_granted_confirm,
    ),
    Subscription(
        "when_clearance_refused_refuse",
        safeguarding.ClearanceRefused,
        reservations.when_clearance_refused_refuse,
    ),
    Subscription(
        "when_clearance_referred_wait",
        safeguarding.ClearanceReferred,
        reservations.when_clearance_referred_wait,
    ),
    Subscription(
        "when_clearance_revoked_suspend",
        safeguarding.ClearanceRevoked,
        reservations.when_clearance_revoked_suspend,
    ),
    Subscription(
        "when_clearance_conditions_set_replace",
        safeguarding.ClearanceConditionsSet,
        reservations.when_clearance_conditions_set_replace,
    ),
]

DEADLINES: list[Deadline[BookingsUnitOfWork]] = [
    Deadline(HOLD, reservations.when_hold_runs_out_expire),
    Deadline(BEGINNING, reservations.when_session_begins_end),
    Deadline(SESSION_CANCELLED, reservations.when_session_was_cancelled_end_what_is_left),
    Deadline(WAITING_LIST, reservations.when_places_are_free_promote),
]
