"""What can be asked of frameworks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PublishFramework:
    """Publish that a shipped framework's objectives may be named from now on."""

    framework: str
