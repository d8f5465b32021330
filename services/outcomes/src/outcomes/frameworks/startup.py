"""What a worker does about frameworks when it starts."""

from contextlib import suppress
from typing import Any

from outcomes.frameworks.commands import PublishFramework
from outcomes.frameworks.handlers import publish_framework
from outcomes.frameworks.shipped import shipped_frameworks
from shared.bus.inbox import InFlight, Message
from shared.runtime import Runtime


async def publish_frameworks(runtime: Runtime[Any]) -> None:
    """Publish every shipped framework: once per version, however often a worker starts."""
    for framework in shipped_frameworks().all():
        message = Message("framework", f"{framework.framework}@{framework.version}")
        # In flight: another worker that starts now is publishing it.
        with suppress(InFlight):
            await runtime.bus.execute(message, publish_framework, PublishFramework(framework.framework))
