"""What the register does when its worker starts."""

from contextlib import suppress

from opportunities.application.commands import AppointHub
from opportunities.application.handlers import appoint_hub
from opportunities.application.ports import UnitOfWork
from opportunities.areas.domain import Areas
from shared.bus.inbox import InFlight, Message
from shared.messaging.policy import for_tenants
from shared.runtime import Runtime


async def appoint_hubs(runtime: Runtime[UnitOfWork], areas: Areas) -> None:
    """Put every area's hub on the register; at most once, however many workers start."""
    for area in areas.all:
        hub = area.hub.organisation_id
        message = Message(source="reference:areas", message_id=str(hub), tenants=for_tenants(hub))
        with suppress(InFlight):  # another worker is at it
            await runtime.bus.execute(message, appoint_hub, AppointHub(hub, area.hub.name, area.code))
