"""What a route asks of its caller: a scope, or openly nothing. A route that says neither is refused."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import OpenIdConnect, SecurityScopes

from shared.kernel import Forbidden, NotFound
from shared.security.tokens import Caller, TokenVerifier, Unauthenticated

_scheme = OpenIdConnect(
    openIdConnectUrl="/.well-known/openid-configuration",
    scheme_name="oidc",
    description="An access token of the platform's OpenID Connect issuer, for this service's audience.",
    auto_error=False,
)
_PUBLIC = "x-wex-public"


class ScopeMissing(Forbidden):
    """The token is valid but does not carry what this operation asks."""

    slug = "scope-missing"
    title = "The access token lacks a scope"


async def current_caller(
    request: Request, scopes: SecurityScopes, authorization: Annotated[str | None, Depends(_scheme)]
) -> Caller:
    """The verified caller, holding every scope the route declares."""
    return await verified_caller(request, authorization or "", scopes.scopes)


async def verified_caller(request: Request, authorization: str, scopes: Iterable[str]) -> Caller:
    """The caller of an Authorization header. Raises `Unauthenticated`, `ScopeMissing`."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer":
        raise Unauthenticated
    verifier: TokenVerifier = request.app.state.verifier
    caller = await verifier.verify(token.strip())
    if missing := [scope for scope in scopes if scope not in caller.scopes]:
        raise ScopeMissing(f"This operation needs the scope {missing[0]}", scope=missing[0])
    return caller


def requires(*scopes: str) -> Any:
    """Declare the scopes of a route, as the default of a `Caller` parameter."""
    return Security(current_caller, scopes=list(scopes))


def public() -> dict[str, bool]:
    """Declare, as `openapi_extra`, that a route is open to everyone."""
    return {_PUBLIC: True}


def act_for(caller: Caller, organisation_id: UUID) -> UUID:
    """The organisation, when the caller may act for it; otherwise it is not there for this caller."""
    if organisation_id not in caller.acts_for:
        raise NotFound("There is no such organisation, or it is not yours")
    return organisation_id


def own_organisation(caller: Caller) -> UUID:
    """The caller's own organisation."""
    if caller.organisation_id is None:
        raise Forbidden("The access token names no organisation", claim="organisation_id")
    return caller.organisation_id


def operator(caller: Caller) -> str:
    """The name of an operator, who speaks for the platform: no organisation, no learner."""
    if caller.acts_for or caller.organisation_id or caller.learner_id:
        raise Forbidden("An operator's access token names no organisation", claim="organisation_id")
    return caller.subject


def undeclared_routes(app: FastAPI) -> Iterable[str]:
    """Routes that declare neither a scope nor that they are public."""
    for route in app.routes:
        path = getattr(route, "path", None)
        if isinstance(route, APIRoute):
            if not _declares(route):
                yield f"{sorted(route.methods or ())} {route.path}"
        elif path != app.openapi_url:
            yield f"{type(route).__name__} {path}"


def _declares(route: APIRoute) -> bool:
    if (route.openapi_extra or {}).get(_PUBLIC):
        return True
    return any(each.call is current_caller and each.own_oauth_scopes for each in _walk(route.dependant))


def _walk(dependant: Any) -> Iterable[Any]:
    for dependency in dependant.dependencies:
        yield dependency
        yield from _walk(dependency)
