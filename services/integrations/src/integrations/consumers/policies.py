"""What events and deadlines ask this service to do."""

from typing import Any
from uuid import UUID

from integrations.application.commands import ForgetDeliveries, TellEndpoints
from integrations.application.deliveries import tell_endpoints
from integrations.application.endpoints import forget_deliveries
from integrations.application.ports import UnitOfWork
from integrations.domain.event_types import EVENT_TYPES
from shared.contracts.envelope import Event
from shared.messaging.policy import Due, Instruction, for_tenants


def when_anything_happens_tell_endpoints(event: Event[Any]) -> Instruction[UnitOfWork] | None:
    """Any event of the published list goes to the endpoints of the organisations it names."""
    published = EVENT_TYPES[event.type]
    members: dict[str, Any] = event.data.model_dump(mode="json")
    tenants = sorted({members[name] for name in published.tenants if members.get(name)})
    if not tenants:
        return None
    told = {name: members[name] for name in published.members} | {"sequence": event.sequence}
    organisations = tuple(UUID(tenant) for tenant in tenants)
    command = TellEndpoints(event.id, event.type, event.time, organisations, told)
    return Instruction(tell_endpoints, command, for_tenants(*organisations))


def when_deliveries_are_old_forget_them(due: Due) -> Instruction[UnitOfWork]:
    """Once a day an endpoint's old deliveries are cleared away."""
    command = ForgetDeliveries(due.subject_id, due.tenant_id)
    return Instruction(forget_deliveries, command, for_tenants(due.tenant_id))
