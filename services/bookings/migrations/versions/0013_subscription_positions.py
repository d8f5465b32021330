"""Each subscription keeps where it stands; those listed had heard everything until this revision.

Not listed are those that came after the last release: its workers, still running beside new ones, pass their
events over, so that these are to be heard from the beginning.
"""

from shared.persistence.kit_tables import add_subscription_positions

revision = "0013"
down_revision = "0012"

SUBSCRIPTIONS = {
    "when_roster_row_received_apply": ["roster.row_received.v1"],
    "when_organisation_recorded_copy": ["organisation.recorded.v1"],
    "when_opportunity_published_copy": ["opportunity.published.v1"],
    "when_opportunity_withdrawn_close": ["opportunity.withdrawn.v1"],
    "when_opportunity_suspended_close": ["opportunity.suspended.v1"],
    "when_opportunity_reinstated_open": ["opportunity.reinstated.v1"],
    "when_session_scheduled_copy": ["session.scheduled.v1"],
    "when_session_cancelled_cancel_bookings": ["session.cancelled.v1"],
    "when_assurance_granted_reinstate": ["assurance.granted.v1"],
    "when_assurance_reinstated_reinstate": ["assurance.reinstated.v1"],
    "when_assurance_suspended_suspend": ["assurance.suspended.v1"],
    "when_assurance_lapsed_suspend": ["assurance.lapsed.v1"],
    "when_clearance_granted_confirm": ["clearance.granted.v1"],
    "when_clearance_refused_refuse": ["clearance.refused.v1"],
    "when_clearance_referred_wait": ["clearance.referred.v1"],
}


def upgrade() -> None:
    add_subscription_positions("bookings", SUBSCRIPTIONS)
