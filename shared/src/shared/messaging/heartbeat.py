"""A watchdog's memory: when a background loop last went round."""

import time
from dataclasses import dataclass, field


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
