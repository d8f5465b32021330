"""The development issuer: a small OpenID Connect issuer that gives anybody the token they ask for."""

import json
import os
import re
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import ECKey

from wex.files import write_whole

LIFETIME_SECONDS = 600
_MAX_BODY_BYTES = 16_384
_SCOPE = re.compile(r"[a-z]+:[a-z]+( [a-z]+:[a-z]+)*")


class TokenRefusedError(Exception):
    """The request for a token breaks a rule of RFC 6749; the message names it."""


@dataclass(frozen=True)
class Issuer:
    """Signs access tokens (RFC 9068) with one key."""

    url: str
    key: ECKey

    def token(
        self,
        *,
        audience: str,
        scope: str,
        client_id: str = "local",
        organisation_id: uuid.UUID | str | None = None,
        acting_for: list[uuid.UUID] | list[str] | None = None,
        learner_id: uuid.UUID | str | None = None,
        lifetime: float = LIFETIME_SECONDS,
        **claims: Any,
    ) -> str:
        """An access token; further claims replace those made here."""
        now = int(time.time())
        content: dict[str, Any] = {
            "iss": self.url,
            "sub": client_id,
            "client_id": client_id,
            "aud": audience,
            "iat": now,
            "exp": now + int(lifetime),
            "jti": str(uuid.uuid4()),
            "scope": scope,
        }
        if organisation_id is not None:
            content["organisation_id"] = str(organisation_id)
        if acting_for:
            content["acting_for"] = [str(organisation) for organisation in acting_for]
        if learner_id is not None:
            content["learner_id"] = str(learner_id)
        header = {"alg": "ES256", "typ": "at+jwt", "kid": self.key.kid}
        return jwt.encode(header, content | claims, self.key, algorithms=["ES256"])

    def jwks(self) -> dict[str, Any]:
        """The public half of the key."""
        public = self.key.as_dict(private=False)
        return {"keys": [{**public, "use": "sig", "alg": "ES256"}]}


def load_issuer(url: str, folder: Path) -> Issuer:
    """The issuer with the key kept in the folder, made there at the first start."""
    file = folder / "key.json"
    if not file.exists():
        write_whole(file, json.dumps(new_key().as_dict(private=True)), mode=0o600)
    return Issuer(url, ECKey.import_key(json.loads(file.read_text())))


def new_key() -> ECKey:
    """A fresh signing key, named by its thumbprint."""
    return ECKey.generate_key("P-256", auto_kid=True)


def create_app(issuer: Issuer) -> FastAPI:
    """Discovery, keys and tokens over HTTP."""
    if os.environ.get("WEX_ENVIRONMENT") == "production":
        raise RuntimeError("the development issuer does not run in production")
    app = FastAPI(title="wex development issuer", openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> JSONResponse:
        return JSONResponse(_discovery(issuer.url), headers={"Cache-Control": "public, max-age=300"})

    @app.get("/jwks")
    async def jwks() -> JSONResponse:
        return JSONResponse(issuer.jwks(), headers={"Cache-Control": "public, max-age=300"})

    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/token")
    async def token(request: Request) -> JSONResponse:
        try:
            answer = _grant(issuer, await _form(request))
        except TokenRefusedError as refused:
            return JSONResponse({"error": "invalid_request", "error_description": str(refused)}, 400)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    return app


def _discovery(url: str) -> dict[str, Any]:
    return {
        "issuer": url,
        "jwks_uri": f"{url}/jwks",
        "token_endpoint": f"{url}/token",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "none"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
    }


async def _form(request: Request) -> dict[str, str]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MAX_BODY_BYTES:
            raise TokenRefusedError("the form is too large")
    try:
        fields = parse_qs(body.decode(), strict_parsing=True, max_num_fields=20)
    except ValueError as error:
        raise TokenRefusedError("the body is no urlencoded form") from error
    repeated = [name for name, values in fields.items() if len(values) > 1]
    if repeated:
        raise TokenRefusedError(f"given more than once: {', '.join(sorted(repeated))}")
    return {name: values[0] for name, values in fields.items()}


def _grant(issuer: Issuer, form: dict[str, str]) -> dict[str, Any]:
    if form.get("grant_type", "client_credentials") != "client_credentials":
        raise TokenRefusedError("grant_type must be client_credentials")
    for field in ("client_id", "audience", "scope"):
        if not form.get(field):
            raise TokenRefusedError(f"{field} is missing")
    if not _SCOPE.fullmatch(form["scope"]):
        raise TokenRefusedError("scope must be words such as bookings:read, separated by one space")
    token = issuer.token(
        audience=form["audience"],
        scope=form["scope"],
        client_id=form["client_id"],
        organisation_id=_identifier(form.get("organisation")),
        acting_for=[_required(part) for part in form.get("acting_for", "").split()],
        learner_id=_identifier(form.get("learner_id")),
    )
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "scope": form["scope"],
    }


def _identifier(text: str | None) -> uuid.UUID | None:
    return _required(text) if text else None


def _required(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise TokenRefusedError("organisation, acting_for and learner_id are UUIDs") from error
