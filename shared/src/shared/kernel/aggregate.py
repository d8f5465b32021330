"""Aggregates: what changes as one, and remembers what happened to it until it is saved."""

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Aggregate:
    """A thing with a version; every change records one domain event and moves the version by one."""

    version: int = 0
    events: list[object] = field(default_factory=list)

    def record(self, event: object) -> None:
        """Remember what happened."""
        self.version += 1
        self.events.append(event)

    def take_events(self) -> list[tuple[int, object]]:
        """What happened since it was loaded, each with the version after it; they are taken once."""
        first = self.version - len(self.events) + 1
        taken = list(enumerate(self.events, start=first))
        self.events.clear()
        return taken
