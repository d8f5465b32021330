"""What the use cases of frameworks need from outside."""

from collections.abc import Sequence
from typing import Protocol

from outcomes.frameworks.domain import Framework, FrameworkPublished


class Frameworks(Protocol):
    """The frameworks whose objectives may be named, each in its newest version."""

    def all(self) -> Sequence[Framework]:
        """All of them, by name."""
        ...

    def named(self, framework: str) -> Framework:
        """The framework of this name. Raises `NotFound`."""
        ...


class FrameworkPublisher(Protocol):
    """Publishes frameworks to the other services."""

    def publish(self, event: FrameworkPublished) -> None:
        """Publish the framework once this transaction commits."""
        ...


class FrameworksUnitOfWork(Protocol):
    """What publishing a framework needs of a transaction."""

    frameworks: Frameworks
    framework_publisher: FrameworkPublisher
