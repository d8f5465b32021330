"""Has a running service settle events of its own, as it does after its database was restored."""

from datetime import UTC, datetime

from shared.bus.command_bus import CommandBus
from shared.bus.inbox import Message
from shared.bus.transaction import Transaction
from shared.contracts.contract import Contract, source_of
from shared.contracts.envelope import Event
from shared.kernel import new_id
from shared.messaging.restoring import SETTLING
from tests.infra.running import Running


async def settle(service: Running, *said: Contract, sequence: int = 9) -> None:
    """The service reads in its topics that it said this, and looks whether it still knows."""
    runtime, source = service.runtime, source_of(service.service.name)
    bus = CommandBus[Transaction](
        runtime.database, lambda it: it, runtime.clock, runtime.waker, source=source
    )
    known = {each.contract: each for each in service.service.own_events}
    for each in said:
        own, event = known[type(each)], Event(new_id(), source, datetime.now(UTC), sequence, each)
        await bus.execute(Message(SETTLING, str(event.id), own.tenants(each)), own.settle, event)
