"""The one function that verifies a token (RFC 9068 access tokens, by the issuer's JWKS)."""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import httpx2
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from shared.kernel import Refusal
from shared.telemetry.logs import logger

ALGORITHMS = ["ES256", "EdDSA"]
MAX_TOKEN_BYTES = 8_192
LEEWAY_SECONDS = 30
REFETCH_SECONDS = 30.0
RETRY_SECONDS = 2.0
MAX_KEY_AGE = 300.0  # seconds after which keys are fetched again: a withdrawn one signs no longer
MAX_KEY_AGE_WITHOUT_ISSUER = 3600.0  # seconds for which keys serve while the issuer does not answer
REMEMBERED = 10_000  # verified tokens
REMEMBERED_SECONDS = 30.0
log = logger(__name__)


class Unauthenticated(Refusal):
    """No token, or one that does not hold. The answer never says which check failed."""

    slug = "not-authenticated"
    title = "A valid access token is needed"


class IssuerAway(Refusal):
    """The issuer's keys cannot be read at the moment."""

    slug = "issuer-unavailable"
    title = "The identity provider cannot be reached; try again"
    retry_after: ClassVar[int] = 5


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a verified token speaks for.

    `organisation_id` is the caller's own organisation, `acts_for` every one it may act for
    (a trust's schools, a hub's), its own among them.
    """

    subject: str
    scopes: frozenset[str]
    organisation_id: UUID | None = None
    acts_for: frozenset[UUID] = frozenset()
    learner_id: UUID | None = None


class _Verified(NamedTuple):
    caller: Caller
    until: float


class TokenVerifier:
    """Verifies tokens of one issuer for one audience, with keys of a bounded age."""

    def __init__(self, issuer: str, audience: str, *, client: httpx2.AsyncClient | None = None) -> None:
        self._issuer = issuer.rstrip("/")
        self._audience = audience
        self._client = client or httpx2.AsyncClient(timeout=5, follow_redirects=False)
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")
        self._failed_at = float("-inf")
        self._lock = asyncio.Lock()
        self._verified: dict[bytes, _Verified] = {}
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )

    async def verify(self, token: str) -> Caller:
        """The token's caller. Raises `Unauthenticated` unless the token is valid in every respect.

        A system sends the same token with thousands of requests: one that held is remembered, by its
        digest, for seconds and never beyond its expiry.
        """
        digest = hashlib.sha256(token.encode(errors="replace")).digest()
        known = self._verified.get(digest)
        if known is not None and known.until > time.time():
            return known.caller
        caller, expires_at = await self._verify(token)
        if len(self._verified) >= REMEMBERED:
            self._verified.clear()
        self._verified[digest] = _Verified(caller, min(expires_at, time.time() + REMEMBERED_SECONDS))
        return caller

    async def _verify(self, token: str) -> tuple[Caller, float]:
        if not token or len(token) > MAX_TOKEN_BYTES or token.count(".") != 2:
            raise Unauthenticated
        try:
            decoded = await self._decode(token)
            if str(decoded.header.get("typ", "")).lower() not in ("at+jwt", "jwt"):
                raise Unauthenticated
            self._claims.validate(decoded.claims)
            return _caller(decoded.claims), float(decoded.claims["exp"])
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            log.info("token_refused", reason=type(error).__name__)
            raise Unauthenticated from None

    async def close(self) -> None:
        await self._client.aclose()

    async def _decode(self, token: str) -> jwt.Token:
        keys = await self._key_set(refresh=False)
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            # The issuer may have rotated its keys. A flood of unknown key ids asks it once.
            if self._key_age() < REFETCH_SECONDS:
                raise
            log.info("keys_refetched")
            return jwt.decode(token, await self._key_set(refresh=True), algorithms=ALGORITHMS)

    async def _key_set(self, *, refresh: bool) -> KeySet:
        """The issuer's keys, not older than `MAX_KEY_AGE` while it answers; with `refresh` newer ones.

        A key that the issuer withdrew is trusted no longer than that. Raises `IssuerAway` without keys, and
        when the issuer has not answered for so long that they may not be used any more.
        """
        if self._keys is not None and not refresh and self._key_age() < MAX_KEY_AGE:
            return self._keys
        async with self._lock:
            rested = time.monotonic() - self._failed_at >= RETRY_SECONDS
            if rested and self._key_age() >= (REFETCH_SECONDS if refresh else MAX_KEY_AGE):
                await self._fetch()
            if self._keys is None or self._key_age() >= MAX_KEY_AGE_WITHOUT_ISSUER:
                raise IssuerAway
            return self._keys

    def _key_age(self) -> float:
        return time.monotonic() - self._fetched_at

    async def _fetch(self) -> None:
        try:
            metadata = await self._json(f"{self._issuer}/.well-known/openid-configuration")
            self._keys = KeySet.import_key_set(await self._json(str(metadata["jwks_uri"])))
            self._fetched_at = time.monotonic()
        except (httpx2.HTTPError, KeyError, ValueError, JoseError) as error:
            log.warning("issuer_unavailable", error=type(error).__name__)
            self._failed_at = time.monotonic()

    async def _json(self, url: str) -> Any:
        response = await self._client.get(url)
        response.raise_for_status()
        return response.json()


def _caller(claims: dict[str, Any]) -> Caller:
    organisation = UUID(claims["organisation_id"]) if claims.get("organisation_id") else None
    acting_for = {UUID(each) for each in claims.get("acting_for") or []}
    return Caller(
        subject=str(claims["sub"]),
        scopes=frozenset(str(claims.get("scope", "")).split()),
        organisation_id=organisation,
        acts_for=frozenset(acting_for | ({organisation} if organisation else set())),
        learner_id=UUID(claims["learner_id"]) if claims.get("learner_id") else None,
    )
