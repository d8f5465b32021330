"""The platform that docker-compose.yml and deploy/compose/journey.yml have brought up, from its outside."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from wex.folders import REPOSITORY
from wex.journey.clients import Clients, Persona, StepFailed
from wex.journey.jaeger import spans_of
from wex.journey.keycloak import Keycloak, KeycloakError
from wex.journey.receiver import PORT, Receiver
from wex.ports import USUAL_PORTS
from wex.traces import Span

PARTNER = "http://127.0.0.1:8190"
JAEGER = "http://127.0.0.1:16686"
# The folder is mounted in every server; the journey writes the file in it.
CLOCK = REPOSITORY / ".wex" / "compose" / "clock"


@dataclass(frozen=True)
class ComposePlatform:
    """Published ports, tokens of Keycloak's realm, the clock's file, and a partner beside the containers."""

    env: Path = REPOSITORY / ".env"
    clock: Path = CLOCK

    def api(self, service: str) -> str:
        return f"http://127.0.0.1:{USUAL_PORTS[f'{service}-api']}"

    def clients(self) -> Clients:
        http = httpx2.AsyncClient(timeout=30)
        return KeycloakClients("", self.api, http, keycloak=Keycloak(http, read_env(self.env)))

    def receiving(self) -> AbstractAsyncContextManager[Receiver]:
        return _distant_receiver()

    def clock_ahead(self) -> float:
        return float(self.clock.read_text()) if self.clock.exists() else 0.0

    def advance(self, seconds: float) -> None:
        self.clock.parent.mkdir(parents=True, exist_ok=True)
        partial = self.clock.with_suffix(".tmp")
        partial.write_text(str(self.clock_ahead() + seconds))
        partial.chmod(0o644)  # the containers read it as another user
        partial.replace(self.clock)

    async def spans(self, trace_id: str) -> list[Span] | None:
        async with httpx2.AsyncClient(timeout=10) as http:
            try:
                answer = await http.get(f"{JAEGER}/api/traces/{trace_id}")
            except httpx2.TransportError:
                return None
        return spans_of(answer.json()) if answer.status_code == 200 else []


@dataclass
class KeycloakClients(Clients):
    """Clients whose tokens come from Keycloak's realm."""

    keycloak: Keycloak = field(kw_only=True)

    async def _new_token(self, who: Persona, service: str) -> str:
        claims = {"organisation_id": who.organisation, "learner_id": who.learner}
        named = {name: [str(value)] for name, value in claims.items() if value is not None}
        try:
            return await self.keycloak.token(who.name, service, named)
        except KeycloakError as error:
            raise StepFailed(str(error)) from error


@dataclass
class DistantReceiver(Receiver):
    """A receiver in a container, asked over HTTP."""

    http: httpx2.AsyncClient = field(kw_only=True)

    async def trust(self, secret: str) -> None:
        self.secret = secret
        begins = {"url": self.url, "secret": secret, "refuse_first": self.refuse_first}
        (await self.http.put("/heard", json=begins)).raise_for_status()

    async def refresh(self) -> None:
        heard = (await self.http.get("/heard")).raise_for_status().json()
        self.received = [(message_id, body) for message_id, body in heard["received"]]
        self.refused, self.unverified = heard["refused"], heard["unverified"]


@contextlib.asynccontextmanager
async def _distant_receiver() -> AsyncIterator[Receiver]:
    # As the worker of integrations calls it, whose loopback address the partner's container shares.
    url = f"http://127.0.0.1:{PORT}/hooks/{secrets.token_hex(4)}"
    async with httpx2.AsyncClient(base_url=PARTNER, timeout=10) as http:
        yield DistantReceiver(url=url, http=http)


def read_env(file: Path) -> dict[str, str]:
    """The values that deploy/compose/write_env.py has written. Raises `FileNotFoundError`."""
    pairs = (line.partition("=") for line in file.read_text().splitlines() if line and line[0] != "#")
    return {name: value.strip("'") for name, _, value in pairs}
