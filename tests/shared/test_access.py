"""Access is declared by every route, or the service does not start."""

# ruff: noqa: B008 - as in a service's api/: a default is FastAPI's interface

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.staticfiles import StaticFiles
from starlette.routing import Mount

from shared.http.app import create_app
from shared.kernel import Forbidden, NotFound
from shared.security.access import act_for, own_organisation, public, requires
from shared.security.tokens import Caller


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield


def app_with(routes: APIRouter) -> FastAPI:
    return create_app(
        title="t", description="d", version="0", routers=[routes], lifespan=lifespan, max_body_bytes=1_000
    )


def declares_a_scope() -> APIRouter:
    routes = APIRouter()

    @routes.get("/x")
    async def get(caller: Caller = requires("x:read")) -> None:
        """Needs a scope."""

    return routes


def declares_to_be_public() -> APIRouter:
    routes = APIRouter()
    routes.add_api_route("/x", lambda: None, openapi_extra=public())
    return routes


def declares_nothing() -> APIRouter:
    routes = APIRouter()
    routes.add_api_route("/x", lambda: None)
    return routes


def asks_for_no_scope() -> APIRouter:
    routes = APIRouter()

    @routes.get("/x")
    async def get(caller: Caller = requires()) -> None:
        """Needs a token and no scope."""

    return routes


def talks_over_a_socket() -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/x")
    async def talk(socket: WebSocket) -> None:
        """Needs nothing."""

    return routes


def mounts_files() -> APIRouter:
    routes = APIRouter()
    routes.routes.append(Mount("/x", StaticFiles(check_dir=False)))
    return routes


@pytest.mark.parametrize("make", [declares_a_scope, declares_to_be_public])
def test_a_route_that_declares_its_access_is_served(make: object) -> None:
    assert callable(make)
    assert app_with(make()).openapi()["paths"].keys() == {"/x"}


@pytest.mark.parametrize("make", [declares_nothing, asks_for_no_scope, talks_over_a_socket, mounts_files])
def test_planted_a_route_that_declares_nothing_keeps_the_service_from_starting(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValueError, match=r"without a declared access.*/x"):
        app_with(make())


def test_an_organisation_one_does_not_act_for_is_not_there() -> None:
    own, other = uuid4(), uuid4()
    caller = Caller("c", frozenset(), own, frozenset({own}))

    assert act_for(caller, own) == own
    with pytest.raises(NotFound):
        act_for(caller, other)


def test_a_caller_without_an_organisation_has_none_of_its_own() -> None:
    with pytest.raises(Forbidden):
        own_organisation(Caller("c", frozenset()))
