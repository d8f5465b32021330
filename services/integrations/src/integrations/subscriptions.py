"""What this service hears: every published event type that names an organisation; and its deadlines."""

from integrations.application.endpoints import OLD_DELIVERIES
from integrations.application.ports import UnitOfWork
from integrations.consumers.policies import (
    when_anything_happens_tell_endpoints,
    when_deliveries_are_old_forget_them,
)
from integrations.domain.event_types import EVENT_TYPES
from shared.contracts.contract import published
from shared.messaging.policy import Deadline, Subscription

SUBSCRIPTIONS: list[Subscription[UnitOfWork]] = [
    Subscription(
        "when_anything_happens_tell_endpoints", published()[name], when_anything_happens_tell_endpoints
    )
    for name in EVENT_TYPES
]
DEADLINES: list[Deadline[UnitOfWork]] = [Deadline(OLD_DELIVERIES, when_deliveries_are_old_forget_them)]
