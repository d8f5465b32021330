"""Access tokens: everything about one must hold, and the answer never says what did not."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from shared.security import tokens
from shared.security.tokens import IssuerAway, TokenVerifier, Unauthenticated
from tests.shared.web import client_of
from wex.issuer import Issuer, new_key

AUDIENCE = "wex-example"


def claims_of(issuer: Issuer, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": issuer.url, "aud": AUDIENCE, "sub": "somebody", "iat": now, "exp": now + 60, "scope": "a:b",
    }  # fmt: skip
    return {name: value for name, value in (claims | changed).items() if value is not None}


def signed(issuer: Issuer, header: dict[str, Any] | None = None, key: Any = None, **changed: Any) -> str:
    head = {"alg": "ES256", "typ": "at+jwt", "kid": issuer.key.kid} | (header or {})
    return jwt.encode(head, claims_of(issuer, **changed), key or issuer.key, algorithms=[head["alg"]])


def text_of(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def part(content: Any) -> str:
    return text_of(json.dumps(content).encode())


def unsigned(issuer: Issuer) -> str:
    return f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{part(claims_of(issuer))}."


def signed_with_the_public_key_as_secret(issuer: Issuer) -> str:
    # By hand: the library refuses to make what an attacker would.
    content = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': issuer.key.kid})}.{part(claims_of(issuer))}"
    return f"{content}.{text_of(hmac.digest(issuer.key.as_pem(private=False), content.encode(), 'sha256'))}"


def signed_with_an_extension_nobody_knows(issuer: Issuer) -> str:
    head = {"alg": "ES256", "typ": "at+jwt", "kid": issuer.key.kid, "crit": ["x"], "x": 1}
    content = f"{part(head)}.{part(claims_of(issuer))}"
    key: Any = issuer.key.get_op_key("sign")
    r, s = decode_dss_signature(key.sign(content.encode(), ECDSA(SHA256())))
    return f"{content}.{text_of(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def signed_with_a_key_it_brings_itself(issuer: Issuer) -> str:
    own = ECKey.generate_key("P-256")
    return signed(issuer, {"jwk": own.as_dict(private=False)}, own)


def changed_after_signing(issuer: Issuer) -> str:
    head, _, signature = signed(issuer).split(".")
    return f"{head}.{part(claims_of(issuer, scope='everything:write'))}.{signature}"


CORPUS: dict[str, Callable[[Issuer], str]] = {
    "nothing": lambda _: "",
    "no token at all": lambda _: "canary",
    "three empty parts": lambda _: "..",
    "five parts": lambda i: signed(i) + ".x.y",
    "alg none": unsigned,
    "HS256 with the public key as secret": signed_with_the_public_key_as_secret,
    "an algorithm that is not allowed": lambda i: signed(i, {"alg": "RS256"}, RSAKey.generate_key(2048)),
    "another's key under the issuer's name": lambda i: signed(i, key=new_key()),
    "a key it brings itself": signed_with_a_key_it_brings_itself,
    "an unknown key": lambda i: signed(i, {"kid": "unknown"}, new_key()),
    "changed after signing": changed_after_signing,
    "expired": lambda i: signed(i, exp=int(time.time()) - 31, iat=int(time.time()) - 100),
    "without an expiry": lambda i: signed(i, exp=None),
    "not yet valid": lambda i: signed(i, nbf=int(time.time()) + 100),
    "issued in the future": lambda i: signed(i, iat=int(time.time()) + 100),
    "for another service": lambda i: signed(i, aud="wex-bookings"),
    "for a list without this service": lambda i: signed(i, aud=["wex-bookings"]),
    "without an audience": lambda i: signed(i, aud=None),
    "of another issuer": lambda i: signed(i, iss="http://elsewhere"),
    "without an issuer": lambda i: signed(i, iss=None),
    "without a subject": lambda i: signed(i, sub=None),
    "of another type": lambda i: signed(i, {"typ": "logout+jwt"}),
    "without a type": lambda i: signed(i, {"typ": ""}),
    "an extension nobody knows": signed_with_an_extension_nobody_knows,
    "oversized": lambda i: signed(i, padding="x" * tokens.MAX_TOKEN_BYTES),
    "an organisation that is no id": lambda i: signed(i, organisation_id="canary"),
    "an organisation that is a number": lambda i: signed(i, organisation_id=7),
    "acting for what are no ids": lambda i: signed(i, acting_for=[7]),
    "acting for no list": lambda i: signed(i, acting_for=7),
}


@pytest.mark.parametrize("kind", CORPUS)
async def test_a_token_that_does_not_hold_is_refused_without_a_reason(
    app: FastAPI, issuer: Issuer, kind: str
) -> None:
    async with client_of(app, authorization=f"Bearer {CORPUS[kind](issuer)}") as client:
        answer = await client.get("/v1/things")

    assert (answer.status_code, answer.json()["slug"]) == (401, "not-authenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["detail"] == "A valid access token is needed"


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic eDp5", "Token x", "bearer  "])
async def test_without_a_token_nobody_is_let_in(app: FastAPI, header: str | None) -> None:
    async with client_of(app, **({} if header is None else {"authorization": header})) as client:
        answer = await client.get("/v1/things")

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_token_without_the_scope_is_told_which(app: FastAPI, issuer: Issuer) -> None:
    token = issuer.token(audience=AUDIENCE, scope="things:write other:read", organisation_id=uuid4())
    async with client_of(app, authorization=f"Bearer {token}") as client:
        answer = await client.get("/v1/things")

    assert (answer.status_code, answer.json()["slug"]) == (403, "scope-missing")
    assert answer.json()["scope"] == "things:read"


async def test_a_good_token_tells_who_calls_and_for_whom(issuer: Issuer) -> None:
    own, school, learner = uuid4(), uuid4(), uuid4()
    verifier = TokenVerifier(issuer.url, AUDIENCE)
    caller = await verifier.verify(
        issuer.token(
            audience=AUDIENCE, scope="a:b c:d", client_id="mis", organisation_id=own,
            acting_for=[school], learner_id=learner,
        )
    )  # fmt: skip
    await verifier.close()

    assert caller.subject == "mis"
    assert caller.scopes == {"a:b", "c:d"}
    assert caller.organisation_id == own
    assert caller.acts_for == {own, school}
    assert caller.learner_id == learner


async def test_a_token_for_several_services_is_good_for_each(issuer: Issuer) -> None:
    verifier = TokenVerifier(issuer.url, AUDIENCE)
    caller = await verifier.verify(signed(issuer, aud=["wex-bookings", AUDIENCE]))
    await verifier.close()

    assert caller.acts_for == frozenset()


class CountedIssuer:
    """An issuer behind a transport that counts, changes its keys, and goes away."""

    def __init__(self) -> None:
        self.issuer = Issuer("http://issuer", new_key())
        self.asked = 0
        self.away = False

    def verifier(self) -> TokenVerifier:
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer))
        return TokenVerifier(self.issuer.url, AUDIENCE, client=client)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        if self.away:
            raise httpx2.ConnectError("away")
        if request.url.path == "/jwks":
            self.asked += 1
            return httpx2.Response(200, json=self.issuer.jwks())
        return httpx2.Response(200, json={"jwks_uri": "http://issuer/jwks"})

    def rotate(self) -> None:
        self.issuer = Issuer(self.issuer.url, new_key())


async def test_a_flood_of_unknown_keys_asks_the_issuer_once_in_thirty_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = CountedIssuer()
    verifier = counted.verifier()
    await verifier.verify(signed(counted.issuer))
    assert counted.asked == 1

    async def flood() -> None:
        forged = [signed(counted.issuer, {"kid": f"k{n}"}, new_key()) for n in range(20)]
        answers = await asyncio.gather(*(verifier.verify(each) for each in forged), return_exceptions=True)
        assert all(isinstance(each, Unauthenticated) for each in answers)

    await flood()
    assert counted.asked == 1
    verifier._fetched_at -= tokens.REFETCH_SECONDS
    await flood()
    assert counted.asked == 2


async def test_a_rotated_key_is_fetched_when_it_is_met() -> None:
    counted = CountedIssuer()
    verifier = counted.verifier()
    await verifier.verify(signed(counted.issuer))
    counted.rotate()
    verifier._fetched_at -= tokens.REFETCH_SECONDS

    assert (await verifier.verify(signed(counted.issuer))).subject == "somebody"


async def test_an_issuer_that_goes_away_does_not_lock_out_whom_it_has_let_in_for_an_hour() -> None:
    counted = CountedIssuer()
    verifier = counted.verifier()
    await verifier.verify(signed(counted.issuer))
    counted.away = True
    verifier._fetched_at -= 1_000

    assert (await verifier.verify(signed(counted.issuer, jti="another"))).subject == "somebody"
    verifier._fetched_at -= tokens.MAX_KEY_AGE_WITHOUT_ISSUER
    with pytest.raises(IssuerAway):
        await verifier.verify(signed(counted.issuer, jti="a third"))


async def test_a_withdrawn_key_signs_no_longer_than_keys_may_be_old() -> None:
    """Before, keys were fetched anew only for an unknown one."""
    counted = CountedIssuer()
    verifier, withdrawn = counted.verifier(), counted.issuer
    await verifier.verify(signed(withdrawn))
    counted.rotate()
    assert (await verifier.verify(signed(withdrawn, jti="within the age"))).subject == "somebody"

    verifier._fetched_at -= tokens.MAX_KEY_AGE

    with pytest.raises(Unauthenticated):
        await verifier.verify(signed(withdrawn, jti="after it"))
    assert (await verifier.verify(signed(counted.issuer))).subject == "somebody"


async def test_while_the_issuer_is_away_callers_are_told_to_come_again_and_do_not_queue_for_it() -> None:
    counted = CountedIssuer()
    counted.away = True
    verifier = counted.verifier()
    answers = await asyncio.gather(
        *(verifier.verify(signed(counted.issuer)) for _ in range(10)), return_exceptions=True
    )
    assert all(isinstance(each, IssuerAway) for each in answers)

    counted.away = False
    with pytest.raises(IssuerAway):
        await verifier.verify(signed(counted.issuer))
    verifier._failed_at -= tokens.RETRY_SECONDS
    assert (await verifier.verify(signed(counted.issuer))).subject == "somebody"


async def test_a_token_that_held_is_remembered_for_seconds_and_never_beyond_its_expiry(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = TokenVerifier(issuer.url, AUDIENCE)
    decoded: list[str] = []
    decode = jwt.decode

    def counted(token: str, *arguments: Any, **options: Any) -> jwt.Token:
        decoded.append(token)
        return decode(token, *arguments, **options)

    monkeypatch.setattr(jwt, "decode", counted)
    now = time.time()
    lasting, short = signed(issuer, exp=int(now) + 3600), signed(issuer, exp=int(now) + 5)
    for token in (lasting, short) * 3:
        assert (await verifier.verify(token)).subject == "somebody"
    assert decoded == [lasting, short]

    monkeypatch.setattr(time, "time", lambda: now + 6)
    await verifier.verify(lasting)
    assert decoded == [lasting, short]
    await verifier.verify(short)  # within the leeway that every check grants
    assert decoded == [lasting, short, short]

    monkeypatch.setattr(time, "time", lambda: now + tokens.REMEMBERED_SECONDS + 1)
    await verifier.verify(lasting)
    assert decoded[3:] == [lasting]
    await verifier.close()


async def test_what_resembles_a_remembered_token_is_refused(issuer: Issuer) -> None:
    verifier = TokenVerifier(issuer.url, AUDIENCE)
    token = signed(issuer)
    await verifier.verify(token)
    header, content, signature = token.split(".")
    for forged in (
        f"{header}.{content}.{signature[::-1]}",
        f"{header}.{part(claims_of(issuer))}x.{signature}",
    ):
        with pytest.raises(Unauthenticated):
            await verifier.verify(forged)
    await verifier.close()


async def test_no_more_tokens_are_remembered_than_there_is_room_for(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 3)
    verifier = TokenVerifier(issuer.url, AUDIENCE)
    for number in range(10):
        await verifier.verify(signed(issuer, jti=str(number)))
        assert len(verifier._verified) <= 3
    await verifier.close()
