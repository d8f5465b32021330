"""Each subscription keeps where it stands; those listed had heard everything until this revision."""

from shared.persistence.kit_tables import add_subscription_positions

revision = "0009"
down_revision = "0008"

SUBSCRIPTIONS = {
    "when_assurance_granted_follow": ["assurance.granted.v1"],
    "when_assurance_reinstated_follow": ["assurance.reinstated.v1"],
    "when_assurance_suspended_follow": ["assurance.suspended.v1"],
    "when_assurance_lapsed_follow": ["assurance.lapsed.v1"],
    "when_places_changed_note": ["places.changed.v1"],
    "when_framework_published_learn": ["framework.published.v1"],
    "when_organisation_recorded_relist": ["organisation.recorded.v1"],
}


def upgrade() -> None:
    add_subscription_positions("opportunities", SUBSCRIPTIONS)
