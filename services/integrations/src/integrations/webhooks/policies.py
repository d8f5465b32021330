"""What events and deadlines ask this service to do."""

from typing import Any
from uuid import UUID

from integrations.webhooks.commands import ForgetDeliveries, QueueWebhooks
from integrations.webhooks.domain.event_types import EVENT_TYPES
from integrations.webhooks.handlers import forget_deliveries, queue_webhooks
from integrations.webhooks.ports import DeliveriesUnitOfWork, EndpointsUnitOfWork
from shared.contracts.envelope import Event
from shared.messaging.policy import Due, Instruction, for_tenants


def when_event_is_published_queue_webhooks(event: Event[Any]) -> Instruction[DeliveriesUnitOfWork] | None:
    """Any event of the published list goes to the endpoints of the organisations it names.

    What is announced again happened before, and its endpoints were told then.
    """
    if event.announced:
        return None
    published = EVENT_TYPES[event.type]
    members: dict[str, Any] = event.data.model_dump(mode="json")
    tenants = sorted({members[name] for name in published.tenants if members.get(name)})
    if not tenants:
        return None
    data = {name: members[name] for name in published.members} | {"sequence": event.sequence}
    organisations = tuple(UUID(tenant) for tenant in tenants)
    command = QueueWebhooks(event.id, event.type, event.time, organisations, data)
    return Instruction(queue_webhooks, command, for_tenants(*organisations))


def when_deliveries_are_old_forget_them(due: Due) -> Instruction[EndpointsUnitOfWork]:
    """Once a day an endpoint's old deliveries are cleared away."""
    command = ForgetDeliveries(due.subject_id, due.tenant_id)
    return Instruction(forget_deliveries, command, for_tenants(due.tenant_id))
