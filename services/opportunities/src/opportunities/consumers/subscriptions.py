"""What the register hears, and what it waits for."""

from opportunities.application.following import ASSURANCE_BEGINS
from opportunities.application.ports import Work
from opportunities.consumers import policies
from shared.contracts.bookings import PlacesChanged
from shared.contracts.opportunities import OrganisationRecorded
from shared.contracts.outcomes import FrameworkPublished
from shared.contracts.safeguarding import (
    AssuranceGranted,
    AssuranceLapsed,
    AssuranceReinstated,
    AssuranceSuspended,
)
from shared.messaging.policy import Deadline, Subscription

SUBSCRIPTIONS: list[Subscription[Work]] = [
    Subscription(AssuranceGranted, policies.when_assurance_granted_follow),
    Subscription(AssuranceReinstated, policies.when_assurance_reinstated_follow),
    Subscription(AssuranceSuspended, policies.when_assurance_suspended_follow),
    Subscription(AssuranceLapsed, policies.when_assurance_lapsed_follow),
    Subscription(PlacesChanged, policies.when_places_changed_note),
    Subscription(FrameworkPublished, policies.when_framework_published_learn),
    Subscription(OrganisationRecorded, policies.when_organisation_recorded_relist),
]
DEADLINES: list[Deadline[Work]] = [
    Deadline(ASSURANCE_BEGINS, policies.when_assurance_begins_list),
]
