"""Tokens of compose's realm, whose claims are attributes of the account behind each client."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx2

from wex.personas import scopes_of


class KeycloakError(Exception):
    """Keycloak refused, or is not there."""


@dataclass
class Keycloak:
    """The realm `wex` of a Keycloak, and the secrets that `.env` holds for it."""

    http: httpx2.AsyncClient
    secrets: dict[str, str]
    url: str = "http://127.0.0.1:8090"
    # One account stands for everybody of a persona: its claims and the token that takes them belong together.
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def token(self, persona: str, service: str, claims: dict[str, list[str]]) -> str:
        """A persona's token for a service; its account keeps these claims. Raises `KeycloakError`."""
        form = {
            "grant_type": "client_credentials",
            "client_id": persona,
            "client_secret": self.secrets[f"WEX_CLIENT_SECRET_{persona.upper().replace('-', '_')}"],
            "scope": scopes_of(persona, service),
        }
        async with self._busy:
            if claims:
                await self._assign(persona, claims)
            return await self._token("wex", form)

    async def _assign(self, persona: str, claims: dict[str, list[str]]) -> None:
        form = {
            "grant_type": "password",
            "client_id": "admin-cli",
            "username": "admin",
            "password": self.secrets["KEYCLOAK_ADMIN_PASSWORD"],
        }
        headers = {"Authorization": f"Bearer {await self._token('master', form)}"}
        users = f"{self.url}/admin/realms/wex/users"
        account = {"username": f"service-account-{persona}", "exact": "true"}
        (user,) = await self._ask("GET", users, headers=headers, params=account)
        user["attributes"] = user.get("attributes", {}) | claims
        await self._ask("PUT", f"{users}/{user['id']}", headers=headers, json=user)

    async def _token(self, realm: str, form: dict[str, str]) -> str:
        url = f"{self.url}/realms/{realm}/protocol/openid-connect/token"
        return str((await self._ask("POST", url, data=form))["access_token"])

    async def _ask(self, method: str, url: str, **request: Any) -> Any:
        try:
            answer = await self.http.request(method, url, **request)
        except httpx2.TransportError as error:
            raise KeycloakError(f"Keycloak at {self.url}: {type(error).__name__}") from error
        if answer.status_code >= 400:
            raise KeycloakError(f"Keycloak refused: {answer.status_code} {answer.text[:200]}")
        return answer.json() if answer.content else None
