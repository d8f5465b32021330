"""What the service consumes, and what it waits for."""

from opportunities.copies import policies as copies
from opportunities.copies.domain import ASSURANCE_BEGINS
from opportunities.offers import policies as offers
from opportunities.unit_of_work import OpportunitiesUnitOfWork
from shared.contracts.bookings import PlacesChanged
from shared.contracts.opportunities import OrganisationRecorded
from shared.contracts.outcomes import FrameworkPublished
from shared.contracts.safeguarding import (
    AssuranceGranted,
    AssuranceLapsed,
    AssuranceReinstated,
    AssuranceSuspended,
    ProviderReinstated,
    ProviderSuspended,
)
from shared.messaging.policy import Deadline, Subscription

SUBSCRIPTIONS: list[Subscription[OpportunitiesUnitOfWork]] = [
    Subscription("when_assurance_granted_follow", AssuranceGranted, offers.when_assurance_granted_apply),
    Subscription(
        "when_assurance_reinstated_follow", AssuranceReinstated, offers.when_assurance_reinstated_apply
    ),
    Subscription(
        "when_assurance_suspended_follow", AssuranceSuspended, offers.when_assurance_suspended_apply
    ),
    Subscription("when_assurance_lapsed_follow", AssuranceLapsed, offers.when_assurance_lapsed_apply),
    Subscription("when_provider_suspended_unlist", ProviderSuspended, offers.when_provider_suspended_unlist),
    Subscription(
        "when_provider_reinstated_relist", ProviderReinstated, offers.when_provider_reinstated_relist
    ),
    Subscription("when_places_changed_note", PlacesChanged, copies.when_places_changed_copy),
    Subscription("when_framework_published_learn", FrameworkPublished, copies.when_framework_published_copy),
    Subscription(
        "when_organisation_recorded_relist",
        OrganisationRecorded,
        offers.when_organisation_recorded_copy_name,
    ),
]
DEADLINES: list[Deadline[OpportunitiesUnitOfWork]] = [
    Deadline(ASSURANCE_BEGINS, offers.when_assurance_begins_list),
]
