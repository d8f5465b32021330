"""Clients that insist: the same Idempotency-Key until there is an answer, and a record of all they saw."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx2

from wex.journey.clients import Clients, Persona, StepFailed

MAX_DEPENDENCY_WAIT = 60.0
TRY_FOR = 10.0
_NOT_YET_HEARD = {
    "session-not-found",
    "session-not-bookable",
    "provider-suspended",
    "institution-not-eligible",
    "request-in-flight",
    "session-not-attended",
    "learner-not-in-session",
}
CANCELLED = "session-cancelled"  # why a session takes no bookings, for good
# A 5xx that is documented: it says to send the same request again.
SAYS_AGAIN = {"503 temporarily-unavailable", "503 outcome-unknown", "503 issuer-away"}


@dataclass
class Heard:
    """What the clients of one trial were told, answer by answer, and how long the slowest took."""

    counts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    answered: dict[str, list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )  # "POST bookings": when
    answers: list[tuple[str, int, str]] = field(default_factory=list)  # organisation, status, body

    def answer(self, who: Persona, asked: str, response: httpx2.Response, seconds: float) -> None:
        """Note an answer."""
        text = response.text
        slug = response.json().get("slug", "") if response.status_code >= 400 and text else ""
        said = f"{response.status_code} {slug}".strip()
        self.counts[said] += 1
        self.slowest = max(self.slowest, seconds)
        self.answers.append((str(who.organisation or ""), response.status_code, text))
        if response.status_code < 500:
            self.answered[asked].append(time.monotonic())

    def silence(self, error: Exception, seconds: float) -> None:
        """Note a try without an answer."""
        self.counts[type(error).__name__] += 1
        self.slowest = max(self.slowest, seconds)

    def longest_silence(self, asked: str, *, since: float) -> float:
        """The longest time from a moment on in which nobody who asked so had an answer but a 5xx."""
        times = [since, *(at for at in self.answered[asked] if at > since)]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    def undocumented(self) -> list[str]:
        """Server faults that no document promises."""
        return sorted(f"{n} x {s}" for s, n in self.counts.items() if s[0] == "5" and s not in SAYS_AGAIN)


@dataclass
class Insistent:
    """Sends what must have an answer, whatever happens between."""

    clients: Clients
    heard: Heard = field(default_factory=Heard)
    hasty: random.Random | None = None  # where set, clients give up after moments and try again
    try_for: float = TRY_FOR  # seconds a patient client waits for one answer
    insists_for: float = MAX_DEPENDENCY_WAIT  # seconds until it gives up

    async def send(
        self, who: Persona, service: str, path: str, body: Any, key: str, *, method: str = "POST"
    ) -> tuple[int, dict[str, Any]]:
        """Send until there is an answer that stands: the same key each time."""
        end, tries = time.monotonic() + self.insists_for, 0
        while time.monotonic() < end:
            tries += 1
            haste = self.hasty.uniform(0.001, 0.04) if self.hasty and tries < 4 else self.try_for
            answer = await self._try(method, who, service, path, body, key, haste)
            if answer is None:
                await asyncio.sleep(0.05)
                continue
            told: dict[str, Any] = answer.json() if answer.content else {}
            yet_to_be_heard = told.get("slug") in _NOT_YET_HEARD and told.get("reason") != CANCELLED
            if answer.status_code < 500 and not yet_to_be_heard:
                return answer.status_code, told
            await asyncio.sleep(0.1)
        raise StepFailed(f"{path} was not answered within {self.insists_for:.0f} s")

    async def read(self, who: Persona, service: str, path: str) -> int | None:
        """Read once; the status, or None without an answer."""
        answer = await self._try("GET", who, service, path, None, "", self.try_for)
        return None if answer is None else answer.status_code

    async def _try(
        self, method: str, who: Persona, service: str, path: str, body: Any, key: str, seconds: float
    ) -> httpx2.Response | None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                headers = {"Authorization": f"Bearer {await self.clients._token(who, service)}"}
                if key:
                    headers["Idempotency-Key"] = key
                url = self.clients.address_of(service) + path
                answer = await self.clients.http.request(method, url, json=body, headers=headers)
        except (httpx2.TransportError, TimeoutError) as error:
            self.heard.silence(error, time.monotonic() - began)
            return None
        self.heard.answer(who, f"{method} {service}", answer, time.monotonic() - began)
        return answer
