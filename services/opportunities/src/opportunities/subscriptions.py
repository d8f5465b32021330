"""What the register hears, and what it waits for."""

from opportunities.application.following import ASSURANCE_BEGINS
from opportunities.application.ports import UnitOfWork
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

SUBSCRIPTIONS: list[Subscription[UnitOfWork]] = [
    Subscription("when_assurance_granted_follow", AssuranceGranted, policies.when_assurance_granted_follow),
    Subscription(
        "when_assurance_reinstated_follow", AssuranceReinstated, policies.when_assurance_reinstated_follow
    ),
    Subscription(
        "when_assurance_suspended_follow", AssuranceSuspended, policies.when_assurance_suspended_follow
    ),
    Subscription("when_assurance_lapsed_follow", AssuranceLapsed, policies.when_assurance_lapsed_follow),
    Subscription("when_places_changed_note", PlacesChanged, policies.when_places_changed_note),
    Subscription(
        "when_framework_published_learn", FrameworkPublished, policies.when_framework_published_learn
    ),
    Subscription(
        "when_organisation_recorded_relist", OrganisationRecorded, policies.when_organisation_recorded_relist
    ),
]
DEADLINES: list[Deadline[UnitOfWork]] = [
    Deadline(ASSURANCE_BEGINS, policies.when_assurance_begins_list),
]
