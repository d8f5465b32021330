"""Connections that mean no good, over real sockets: bounded in time and size, and answered with problems."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from fastapi import APIRouter, FastAPI

from shared.http import connections
from shared.http.app import create_app
from shared.http.bodies import RequestBody
from shared.http.connections import BoundedConnection
from shared.security.access import public
from tests.infra.polling import eventually

POST = b"POST /v1/words HTTP/1.1\r\nhost: example\r\ncontent-type: application/json\r\n"
GET = b"GET /v1/words HTTP/1.1\r\nhost: example\r\n\r\n"
QUICK, PATIENT = 0.3, 60.0
routes = APIRouter()


class Words(RequestBody):
    """Some words."""

    text: str


@routes.post("/v1/words", operation_id="sayWords", openapi_extra=public())
async def say(body: Words) -> int:
    """How many letters they have."""
    return len(body.text)


@routes.get("/v1/words", operation_id="readWords", openapi_extra=public())
async def read() -> str:
    """Many words."""
    return "word " * 100_000


@pytest_asyncio.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server that waits for what it is sent, but not for a client that is done or does not read."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", PATIENT)
    async with serving(monkeypatch, PATIENT) as port:
        yield port


@pytest_asyncio.fixture
async def impatient_port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server that waits for nothing."""
    monkeypatch.setattr(connections, "HEAD_SECONDS", QUICK)
    async with serving(monkeypatch, QUICK) as port:
        yield port


@contextlib.asynccontextmanager
async def serving(monkeypatch: pytest.MonkeyPatch, body_seconds: float) -> AsyncIterator[int]:
    """The example service's words on a free port."""
    for name in ("LEFTOVER_SECONDS", "UNREAD_SECONDS"):
        monkeypatch.setattr(connections, name, QUICK)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield

    app = create_app(
        title="Example", description="An example", version="0", routers=[routes], lifespan=lifespan,
        max_body_bytes=10_000, body_seconds=body_seconds,
    )  # fmt: skip
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, http=BoundedConnection)
    )
    serving = asyncio.create_task(server._serve())
    await eventually(lambda: server.started)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await serving


async def tell(port: int, *parts: bytes, every: float = 0.0) -> bytes:
    """What is answered, until the connection ends, to parts sent one after the other.

    Where there is a wait between them the last one is repeated until the end.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def send() -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        while every:
            await asyncio.sleep(every)
            writer.write(parts[-1])
            await writer.drain()

    sending = asyncio.create_task(send())
    try:
        async with asyncio.timeout(PATIENT):
            return await _all(reader)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.close()


async def _all(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    with contextlib.suppress(ConnectionError):
        while part := await reader.read(65_536):
            answer += part
    return answer


def is_problem(answer: bytes, status: int, slug: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode()), answer[:200]
    assert b"content-type: application/problem+json" in head.lower()
    assert b"connection: close" in head.lower()
    assert b"x-content-type-options: nosniff" in head.lower()
    told: dict[str, Any] = json.loads(body)
    assert (told["status"], told["slug"]) == (status, slug)


async def test_a_body_that_drips_or_never_comes_is_answered_in_time(impatient_port: int) -> None:
    dripping = await tell(impatient_port, POST + b"content-length: 500\r\n\r\n", b"1", every=0.05)
    silent = await tell(impatient_port, POST + b"content-length: 500\r\n\r\n{")
    chunked = await tell(
        impatient_port, POST + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n1\r\n", every=0.05
    )

    for answer in (dripping, silent, chunked):
        is_problem(answer, 408, "request-too-slow")


async def test_a_head_that_drips_or_never_comes_ends_the_connection(impatient_port: int) -> None:
    port = impatient_port
    is_problem(await tell(port, b"GET / HTTP/1.1\r\n", b"x-a: b\r\n", every=0.05), 408, "request-too-slow")
    is_problem(await tell(port, b"GET"), 408, "request-too-slow")
    assert await tell(port) == b""
    is_problem(await tell(port, b"\r\n", every=0.05), 408, "request-too-slow")


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"x-%d: y\r\n" % n for n in range(8_000)),
        b"x-a: " + b"y" * 200_000,
        b"cookie: a=b\r\n" * 5_000 + b"\r\n",
    ],
)
async def test_too_large_a_head_is_refused(port: int, head: bytes) -> None:
    is_problem(await tell(port, b"GET / HTTP/1.1\r\n" + head), 431, "head-too-large")


async def test_too_long_an_address_is_refused(port: int) -> None:
    is_problem(await tell(port, b"GET /?" + b"y" * 200_000), 431, "head-too-large")


async def test_what_is_no_http_is_a_problem(port: int) -> None:
    is_problem(await tell(port, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"), 400, "malformed-request")


async def test_a_body_answered_before_its_end_is_soon_over(port: int) -> None:
    endless = POST + b"transfer-encoding: chunked\r\n\r\n"
    answer = await tell(port, endless, b"2710\r\n" + b"x" * 10_000 + b"\r\n", every=0.02)
    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_many_requests_at_once_on_one_connection_end_it(port: int) -> None:
    head = b"POST /v1/words HTTP/1.1\r\nhost: example\r\ncontent-length: 0\r\n\r\n"
    answer = await tell(port, head * 1_000)
    assert answer.count(b"HTTP/1.1 ") <= connections.MAX_PIPELINED


async def test_who_does_not_read_its_answers_is_let_go(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
    reader._transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(GET * 12)

    async def reset() -> bool:
        writer.write(b"\r\n")
        await writer.drain()
        return False

    with pytest.raises(ConnectionError):
        await eventually(reset)
    writer.close()


async def test_with_all_places_taken_the_longest_owing_gives_way(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 5)
    monkeypatch.setattr(connections, "HEAD_SECONDS", PATIENT)
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(8)]
    ended = [await asyncio.wait_for(reader.read(1), PATIENT) for reader, _ in opened[:3]]
    assert ended == [b"", b"", b""]

    _, writer = opened[-1]
    writer.write(GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
    assert (await opened[-1][0].read(13)) == b"HTTP/1.1 200 "
    for _, each in opened:
        each.close()


async def test_what_is_as_it_should_be_is_served_on_one_connection(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = b'{"text": "Ada"}'
    for _ in range(3):
        writer.write(POST + b"content-length: %d\r\n\r\n" % len(body))
        await asyncio.sleep(0)
        writer.write(body)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        assert await reader.readexactly(1) == b"3"
    writer.close()
