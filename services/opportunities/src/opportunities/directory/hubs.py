"""What the directory does when the service's worker starts."""

from contextlib import suppress
from typing import TypeVar

from opportunities.areas.domain import Areas
from opportunities.directory.commands import AppointHub
from opportunities.directory.handlers import appoint_hub
from opportunities.directory.ports import DirectoryUnitOfWork
from shared.bus.inbox import InFlight, Message
from shared.messaging.policy import for_tenants
from shared.runtime import Runtime

UnitOfWork = TypeVar("UnitOfWork", bound=DirectoryUnitOfWork)


async def appoint_hubs(runtime: Runtime[UnitOfWork], areas: Areas) -> None:
    """Enter every area's hub; at most once, however many workers start."""
    for area in areas.all:
        hub = area.hub.organisation_id
        message = Message(source="reference:areas", message_id=str(hub), tenants=for_tenants(hub))
        with suppress(InFlight):  # another worker enters it just now
            await runtime.bus.execute(message, appoint_hub, AppointHub(hub, area.hub.name, area.code))
