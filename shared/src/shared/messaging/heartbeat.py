"""A background loop, and a watchdog's memory of when it last went round."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.persistence.database import is_transient
from shared.telemetry.logs import logger

log = logger(__name__)


@dataclass(slots=True)
class Heartbeat:
    """Tells how long ago a loop made progress; a client may be alive and stuck (aiokafka issue 1154)."""

    name: str
    limit: float = 60.0
    _at: float = field(default_factory=time.monotonic)

    def beat(self) -> None:
        self._at = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        return time.monotonic() - self._at

    @property
    def stuck(self) -> bool:
        """Whether the loop has not gone round within its limit: the process should be replaced."""
        return self.idle_seconds > self.limit


async def go_round(
    stopping: asyncio.Event,
    beat: Heartbeat,
    work: Callable[[], Awaitable[bool]],
    rest: Callable[[], float],
) -> None:
    """Do this work until stopping; after a round that found nothing to do, or failed, rest."""
    while not stopping.is_set():
        found = False
        try:
            found = await work()
            beat.beat()
        except Exception as error:
            if is_transient(error):
                beat.beat()
                log.warning("round_interrupted", work=beat.name, error=type(error).__name__)
            else:
                log.exception("round_failed", work=beat.name)
        if not found:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), rest())
