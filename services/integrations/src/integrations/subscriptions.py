"""What this service consumes: every published event type that names an organisation; and its deadlines."""

from integrations.unit_of_work import IntegrationsUnitOfWork
from integrations.webhooks import policies
from integrations.webhooks.domain.event_types import EVENT_TYPES
from integrations.webhooks.handlers import OLD_DELIVERIES
from shared.contracts.registry import published
from shared.messaging.policy import Deadline, Subscription

SUBSCRIPTIONS: list[Subscription[IntegrationsUnitOfWork]] = [
    Subscription(
        "when_anything_happens_tell_endpoints",
        published()[name],
        policies.when_event_is_published_queue_webhooks,
    )
    for name in EVENT_TYPES
]
DEADLINES: list[Deadline[IntegrationsUnitOfWork]] = [
    Deadline(OLD_DELIVERIES, policies.when_deliveries_are_old_forget_them)
]
