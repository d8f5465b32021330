"""What the journey needs of the platform it is walked on, and the local stack as such a one."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from wex.journey.clients import Clients
from wex.journey.receiver import Receiver, receiving
from wex.platform import Platform
from wex.traces import Span, SpanFile


class JourneyPlatform(Protocol):
    """A platform that is up: the local stack, or compose's containers."""

    def api(self, service: str) -> str:
        """The base address of a service's HTTP interface."""
        ...

    def clients(self) -> Clients:
        """Clients with tokens that the services accept."""
        ...

    def receiving(self) -> AbstractAsyncContextManager[Receiver]:
        """A partner's endpoint that webhooks reach."""
        ...

    def clock_ahead(self) -> float:
        """By how many seconds the business clock runs ahead."""
        ...

    def advance(self, seconds: float) -> None:
        """Move the business clock of every service ahead by so much more."""
        ...

    async def spans(self, trace_id: str) -> list[Span] | None:
        """The spans of a trace that have come in so far; None where nothing collects them."""
        ...


@dataclass(frozen=True)
class LocalPlatform:
    """The local stack: tokens of its development issuer, and a receiver in this process."""

    platform: Platform

    def api(self, service: str) -> str:
        return self.platform.api(service)

    def clients(self) -> Clients:
        return Clients(self.platform.addresses.issuer, self.platform.api)

    def receiving(self) -> AbstractAsyncContextManager[Receiver]:
        return receiving()

    def clock_ahead(self) -> float:
        return self.platform.clock_ahead()

    def advance(self, seconds: float) -> None:
        self.platform.advance(seconds)

    async def spans(self, trace_id: str) -> list[Span] | None:
        return list(SpanFile(self.platform.folders.traces).read(trace_id))
