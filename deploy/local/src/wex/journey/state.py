"""What the journey knows so far, and how a step is told."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from wex import clock
from wex.journey.clients import Clients, Persona
from wex.journey.platforms import JourneyPlatform
from wex.journey.receiver import Receiver


@dataclass
class Walk:
    """One walk through the platform: who, what has come to be, and what was measured."""

    platform: JourneyPlatform
    clients: Clients
    receiver: Receiver
    hub: Persona = field(default_factory=lambda: Persona("hub", "hub-of-the-journey"))
    provider: Persona = field(default_factory=lambda: Persona("provider", "provider-of-the-journey"))
    school: Persona = field(default_factory=lambda: Persona("school", "careers-leader-of-the-journey"))
    mis: Persona = field(default_factory=lambda: Persona("mis", "mis-of-the-journey"))
    lead: Persona = field(default_factory=lambda: Persona("safeguarding-lead", "lead-of-the-journey"))
    operator: Persona = field(default_factory=lambda: Persona("operator", "operator-of-the-journey"))
    # Other digits on each walk: the same pupils at a second school would bring their minutes with them.
    school_digits: str = field(default_factory=lambda: f"{secrets.randbelow(10**7):07}")
    site_id: str = ""
    opportunity_id: str = ""
    sessions: list[str] = field(default_factory=list)
    placement_session: str = ""
    learners: list[str] = field(default_factory=list)
    bookings: dict[str, str] = field(default_factory=dict)
    trace_id: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def today(self) -> date:
        """The platform's business day."""
        return clock.today(self.platform.clock_ahead())

    def organisation(self, who: Persona) -> UUID:
        """The organisation a persona acts for, once it is registered."""
        if who.organisation is None:
            raise LookupError(f"{who.name} has no organisation yet")
        return who.organisation


@dataclass(frozen=True)
class Step:
    """One step: what it shows, where it happens, which event carries it, and how it is walked."""

    number: str
    title: str
    service: str
    event: str
    walk: Callable[[Walk], Awaitable[str]]
