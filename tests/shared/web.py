"""The example over HTTP: every kind of answer the kit gives, on a few routes."""

# ruff: noqa: B008 - as in a service's api/: a default is FastAPI's interface

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import Field
from sqlalchemy import text

from shared.bus.batching import KeyedBatcher
from shared.http.app import create_app
from shared.http.bodies import RequestBody, ResponseBody
from shared.http.commands import ExpectedVersion, IdempotentRequest, answer, no_content
from shared.http.fast_path import FastRoute
from shared.http.health import health_routes
from shared.http.paging import Cursor, Limit, Page, Pager
from shared.http.problems import documented
from shared.kernel import Conflict, StaleVersion, new_id
from shared.persistence.reading import reading
from shared.runtime import Runtime
from shared.security.access import act_for, own_organisation, public, requires
from shared.security.tokens import Caller, TokenVerifier
from shared.settings import ServiceSettings
from tests.shared.example_service import ChangeThing, ExampleService, ExampleUnitOfWork, Thing, change_thing

routes = APIRouter(tags=["things"])
fast = APIRouter(tags=["things"], route_class=FastRoute)
MAX_BODY = 2_000


class NameTaken(Conflict):
    """There is one of that name."""

    slug = "name-taken"
    title = "There is one of that name"


class ThingToMake(RequestBody):
    """A thing to make."""

    name: str = Field(min_length=1, max_length=50)
    size: int = Field(default=1, ge=1, le=100)


class ThingBody(ResponseBody):
    """A thing."""

    id: UUID
    name: str
    version: int


async def make_thing(command: tuple[UUID, UUID, str], uow: ExampleUnitOfWork) -> Thing:
    thing_id, tenant_id, name = command
    if name == "taken":
        raise NameTaken
    thing = Thing(thing_id, tenant_id, "")
    thing.rename(name)
    await uow.save(thing)
    return thing


async def rename_thing(command: tuple[UUID, str, int], uow: ExampleUnitOfWork) -> Thing:
    thing_id, name, version = command
    thing = await uow.thing(thing_id)
    if thing.version != version:
        raise StaleVersion
    thing.rename(name)
    await uow.save(thing)
    return thing


@fast.post(
    "/v1/fast/things",
    operation_id="makeThingFast",
    status_code=201,
    response_model=ThingBody,
    responses=documented(NameTaken),
)
@routes.post(
    "/v1/things", operation_id="makeThing", status_code=201, response_model=ThingBody,
    responses=documented(NameTaken),
)  # fmt: skip
async def make(
    body: ThingToMake, request: IdempotentRequest, caller: Caller = requires("things:write")
) -> Response:
    """Make a thing."""
    command = (new_id(), own_organisation(caller), body.name)
    return await request.execute(
        caller, make_thing, command, answer(201, ThingBody.model_validate, lambda t: f"/v1/things/{t.id}")
    )


@routes.get("/v1/things", operation_id="listThings")
async def list_things(
    request: Request,
    response: Response,
    limit: Limit = 20,
    cursor: Cursor = None,
    beginning: str = "",
    caller: Caller = requires("things:read"),
) -> Page[ThingBody]:
    """The caller's things by name."""
    pager: Pager = request.app.state.runtime.pager
    after = pager.read(request, cursor) or ["", "00000000-0000-0000-0000-000000000000"]
    async with reading(request.app.state.runtime.database, caller.acts_for) as session:
        found = await session.execute(
            text(
                """
                select thing_id as id, name, version from things
                where name like :beginning and (name, thing_id) > (:name, cast(:id as uuid))
                order by name, thing_id limit :limit
                """
            ),
            {"beginning": f"{beginning}%", "name": after[0], "id": after[1], "limit": limit + 1},
        )
        rows, next_cursor = pager.page(request, response, found.all(), limit, lambda row: (row.name, row.id))
    return Page(items=[ThingBody.model_validate(row) for row in rows], next_cursor=next_cursor)


@routes.put("/v1/things/{thing_id}", operation_id="renameThing", response_model=ThingBody)
async def rename(
    thing_id: UUID,
    body: ThingToMake,
    request: IdempotentRequest,
    version: ExpectedVersion,
    caller: Caller = requires("things:write"),
) -> Response:
    """Rename a thing."""
    return await request.execute(
        caller, rename_thing, (thing_id, body.name, version), answer(200, ThingBody.model_validate)
    )


@routes.get("/v1/things/{thing_id}", operation_id="getThing")
async def get(thing_id: UUID, caller: Caller = requires("things:read")) -> ThingBody:
    """A thing the caller acts for."""
    return ThingBody(id=act_for(caller, thing_id), name="a thing", version=1)


@routes.post("/v1/changes", operation_id="change", status_code=204)
async def change(
    body: ThingToMake, request: IdempotentRequest, caller: Caller = requires("things:write")
) -> Response:
    """Change something that is told apart by its size."""
    command = ChangeThing(own_organisation(caller), body.size)
    return await request.execute(caller, change_thing, command, no_content)


@routes.get("/v1/broken", operation_id="getBroken", openapi_extra=public())
async def broken(q: str = "") -> dict[str, str]:
    """Fails, with the caller's words in its exception."""
    raise ValueError(q)


@routes.get("/v1/away", operation_id="getAway", openapi_extra=public())
async def away(q: str = "") -> dict[str, str]:
    """Fails as a database does that is away."""
    raise ConnectionResetError(q)


def example_app(example: ExampleService, issuer_url: str) -> FastAPI:
    """The example service's HTTP side, made as a service makes its own."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield

    async def ready() -> str | None:
        return None

    app = create_app(
        title="Example",
        description="A example",
        version="0",
        routers=[routes, fast, health_routes(lambda: None, ready)],
        lifespan=lifespan,
        max_body_bytes=MAX_BODY,
    )
    settings: Any = ServiceSettings.model_construct()
    batcher, pager = KeyedBatcher(example.bus, max_batch_size=64), Pager("a secret")
    app.state.runtime = Runtime(
        settings, example.clock, example.database, example.waker, example.bus, batcher, pager
    )
    app.state.verifier = TokenVerifier(issuer_url, "wex-example")
    return app


def client_of(app: FastAPI, **headers: str) -> httpx2.AsyncClient:
    """A client that sees what a server would send, faults too."""
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://example", headers=headers)
