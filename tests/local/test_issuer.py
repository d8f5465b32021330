"""The development issuer: its tokens verify by its published keys, and it refuses what is wrong."""

import time
import uuid
from pathlib import Path

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from wex.issuer import Issuer, create_app, load_issuer
from wex.personas import SCOPES, audience_of, scopes_of

ORGANISATION, LEARNER = uuid.uuid4(), uuid.uuid4()
FORM = {"client_id": "a-school", "audience": "wex-bookings", "scope": "bookings:read bookings:write"}


def claims_of(token: str, keys: dict[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Header and claims of a token that verifies."""
    verified = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"])  # type: ignore[arg-type]
    return verified.header, verified.claims


async def ask(issuer: Issuer, form: dict[str, str]) -> httpx2.Response:
    """POST /token."""
    async with httpx2.AsyncClient() as client:
        return await client.post(f"{issuer.url}/token", data=form)


async def test_a_token_verifies_by_the_published_keys(issuer: Issuer) -> None:
    form = FORM | {
        "organisation": str(ORGANISATION),
        "acting_for": f"{ORGANISATION} {LEARNER}",
        "learner_id": str(LEARNER),
        "client_secret": "anything",
        "grant_type": "client_credentials",
    }
    async with httpx2.AsyncClient() as client:
        discovery = (await client.get(f"{issuer.url}/.well-known/openid-configuration")).json()
        keys = await client.get(discovery["jwks_uri"])
    assert discovery["issuer"] == issuer.url
    assert "max-age" in keys.headers["cache-control"]
    assert "d" not in keys.json()["keys"][0]
    answer = await ask(issuer, form)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    header, claims = claims_of(answer.json()["access_token"], keys.json())
    assert header["typ"] == "at+jwt"
    assert header["kid"] == keys.json()["keys"][0]["kid"]
    assert claims["iss"] == issuer.url
    assert claims["sub"] == "a-school"
    assert claims["aud"] == "wex-bookings"
    assert claims["scope"] == FORM["scope"]
    assert claims["organisation_id"] == str(ORGANISATION)
    assert claims["acting_for"] == [str(ORGANISATION), str(LEARNER)]
    assert claims["learner_id"] == str(LEARNER)
    assert abs(float(str(claims["exp"])) - time.time() - 600) < 5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_id": ""}, "client_id is missing"),
        ({"scope": "everything"}, "scope must be"),
        ({"organisation": "hill-school"}, "are UUIDs"),
        ({"grant_type": "password"}, "grant_type"),
        ({"client_id": "x" * 20_000}, "too large"),
    ],
)
async def test_a_wrong_request_is_refused(issuer: Issuer, change: dict[str, str], words: str) -> None:
    answer = await ask(issuer, FORM | change)
    assert answer.status_code == 400
    assert words in answer.json()["error_description"]


def test_the_key_outlives_a_restart(tmp_path: Path) -> None:
    first, second = load_issuer("http://one", tmp_path), load_issuer("http://one", tmp_path)
    assert first.jwks() == second.jwks()
    assert (tmp_path / "key.json").stat().st_mode & 0o077 == 0


def test_it_does_not_run_in_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEX_ENVIRONMENT", "production")
    with pytest.raises(RuntimeError, match="production"):
        create_app(load_issuer("http://one", tmp_path))


def test_every_persona_can_ask_for_a_token(issuer: Issuer) -> None:
    for persona, services in SCOPES.items():
        for service in services:
            token = issuer.token(audience=audience_of(service), scope=scopes_of(persona, service))
            assert claims_of(token, issuer.jwks())[1]["aud"] == f"wex-{service}"
