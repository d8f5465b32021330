"""One run of the demo: who asks, on which day, and what it has come to know."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from wex import clock
from wex.journey.clients import Clients, Persona

AT_ONCE = 8
POLL_SECONDS = 0.2


@dataclass
class Seeding:
    """Asks the services so that a second run finds what the first has made.

    A change carries a key made of its own content: sent again it has no second effect.
    """

    clients: Clients
    clock: Path
    advanced: Callable[[], None]
    hub: Persona
    limit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    providers: dict[str, dict[str, Any]] = field(default_factory=dict)
    offers: dict[str, dict[str, Any]] = field(default_factory=dict)
    schools: dict[str, dict[str, Any]] = field(default_factory=dict)
    learners: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    bookings: Counter[str] = field(default_factory=Counter)
    credited_minutes: int = 0
    example: dict[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The platform's business day."""
        return clock.today(clock.ahead(self.clock))

    def come_to(self, day: date) -> None:
        """Move the platform's clock ahead to a day; never back."""
        if (ahead := day - self.today) > timedelta():
            clock.advance(self.clock, ahead.total_seconds())

    async def change(
        self,
        who: Persona,
        service: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        expect: tuple[int, ...] = (200, 201, 202, 204),
    ) -> Any:
        """Ask for a change, which takes place once."""
        content = json.dumps([path, body], sort_keys=True).encode()
        key = f"demo-{hashlib.sha256(content).hexdigest()[:32]}"
        return await self.clients.call(
            who, service, "POST", path, body, expect=expect, headers={"Idempotency-Key": key}
        )

    async def change_once_known(
        self, who: Persona, service: str, path: str, body: dict[str, Any] | None, unknown: set[str], what: str
    ) -> Any:
        """The same, again and again while the service has not heard of something through events yet."""

        async def ask() -> Any:
            return await self.change(who, service, path, body, expect=(200, 201, 404, 409, 422))

        return await self.clients.until(
            ask, lambda answer: answer.get("slug") not in unknown, what, every=POLL_SECONDS
        )

    async def read(self, who: Persona | None, service: str, path: str, **params: Any) -> Any:
        """Read one thing."""
        return await self.clients.call(who, service, "GET", path, **params)

    async def read_all(
        self, who: Persona | None, service: str, path: str, **params: Any
    ) -> AsyncIterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        while True:
            page = await self.read(who, service, path, limit=100, **params)
            for item in page["items"]:
                yield item
            if not (cursor := page.get("next_cursor")):
                return
            params["cursor"] = cursor

    def persona(self, name: str, organisation: dict[str, Any]) -> Persona:
        """Somebody who acts for an organisation of the demo."""
        return Persona(name, f"{name}-of-the-demo", UUID(organisation["id"]))
