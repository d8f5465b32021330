"""The people and systems of the journey: each calls the services with a token of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx2

from wex.personas import audience_of, scopes_of

_DEADLINE = 60.0
_TOKEN_SECONDS = 480


class StepFailed(Exception):  # noqa: N818 - what the journey ends with
    """A step did not come to what it should."""


@dataclass
class Persona:
    """Somebody who uses the platform, and for which organisation."""

    name: str
    subject: str
    organisation: UUID | None = None
    learner: UUID | None = None


@dataclass
class Clients:
    """Calls the five services as any persona; tokens come from the development issuer."""

    issuer: str
    address_of: Callable[[str], str]
    http: httpx2.AsyncClient = field(default_factory=lambda: httpx2.AsyncClient(timeout=30))
    _tokens: dict[tuple[str, str, UUID | None], tuple[str, float]] = field(default_factory=dict)

    async def call(
        self,
        who: Persona | None,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int | tuple[int, ...] = (200, 201, 202, 204),
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
        **params: Any,
    ) -> Any:
        """Send a request; the JSON answer. Raises `StepFailed` on any status not expected.

        What crashes between request and answer is asked again with the same Idempotency-Key.
        """
        sent = {"Idempotency-Key": str(uuid4()), **(headers or {})}
        if who is not None:
            sent["Authorization"] = f"Bearer {await self._token(who, service)}"
        if content is not None:
            sent["Content-Type"] = "application/zip"
        response = await self._insist(
            method,
            self.address_of(service) + path,
            headers=sent,
            json=body,
            content=content,
            params=params or None,
        )
        wanted = (expect,) if isinstance(expect, int) else expect
        if response.status_code not in wanted:
            raise StepFailed(f"{method} {path}: {response.status_code} {response.text[:600]}")
        return response.json() if response.content else None

    async def until(
        self,
        look: Callable[[], Awaitable[Any]],
        holds: Callable[[Any], bool],
        what: str,
        *,
        within: float = _DEADLINE,
        every: float = 0.02,
    ) -> Any:
        """Look again and again until what is seen holds; what was seen. Raises `StepFailed`."""
        end = time.monotonic() + within
        while not holds(seen := await look()):
            if time.monotonic() > end:
                raise StepFailed(f"waited {within:.0f} s in vain until {what}; last seen: {str(seen)[:300]}")
            await asyncio.sleep(every)
        return seen

    async def close(self) -> None:
        await self.http.aclose()

    async def _insist(self, method: str, url: str, **request: Any) -> httpx2.Response:
        end = time.monotonic() + _DEADLINE
        while True:
            try:
                response = await self.http.request(method, url, **request)
            except httpx2.TransportError as error:
                if time.monotonic() > end:
                    raise StepFailed(f"{method} {url}: {type(error).__name__}") from error
            else:
                in_flight = response.status_code == 409 and "request-in-flight" in response.text
                if not (response.status_code == 503 or in_flight) or time.monotonic() > end:
                    return response
            await asyncio.sleep(0.1)

    async def _token(self, who: Persona, service: str) -> str:
        known = self._tokens.get((who.subject, service, who.organisation))
        if known and known[1] > time.monotonic():
            return known[0]
        token = await self._new_token(who, service)
        self._tokens[who.subject, service, who.organisation] = (token, time.monotonic() + _TOKEN_SECONDS)
        return token

    async def _new_token(self, who: Persona, service: str) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": who.subject,
            "audience": audience_of(service),
            "scope": scopes_of(who.name, service),
            "organisation": who.organisation,
            "learner_id": who.learner,
        }
        data = {name: str(value) for name, value in form.items() if value is not None}
        response = await self._insist("POST", f"{self.issuer}/token", data=data)
        if response.status_code != 200:
            raise StepFailed(f"the issuer refused a token: {response.text[:200]}")
        return str(response.json()["access_token"])
