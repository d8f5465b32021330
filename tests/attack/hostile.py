"""Connections that mean no good, against the real api of `bookings`, and how its neighbours fare."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psutil

from shared.http.app import BODY_SECONDS
from shared.http.connections import HEAD_SECONDS, MAX_CONNECTIONS, UNREAD_SECONDS
from tests.attack.findings import Attack, percentile
from tests.attack.neighbours import Neighbours
from tests.attack.scenario import Scenario

SLACK = 5.0
WITHIN = max(HEAD_SECONDS, BODY_SECONDS) + SLACK
MAX_GROWTH = 150_000_000  # bytes of memory
QUIET = 4.0  # seconds in which the neighbours are alone
_POST = b"POST /v1/bookings HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\nidempotency-key: a\r\n"
_GET = b"GET /openapi.json HTTP/1.1\r\nhost: a\r\n"
_CHUNKED = _POST + b"transfer-encoding: chunked\r\n\r\n"
_SIZED = _POST + b"content-length: 500\r\n\r\n"
_GETS = _GET + b"\r\n"
_LIVE = b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n"
_QUERY = b"GET /?%s HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n" % (b"a" * 10_000)


@dataclass
class Line:
    """One connection of an attacker, and everything that was answered on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    answer: bytes = b""
    began: float = field(default_factory=time.monotonic)

    async def say(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def drip(self, head: bytes, drop: bytes, every: float = 1.0) -> None:
        """Begin, and add a little for ever."""
        await self.say(head)
        while True:
            await asyncio.sleep(every)
            await self.say(drop)

    async def hear(self) -> None:
        """Read until the other side ends the connection."""
        with contextlib.suppress(ConnectionError):
            while part := await self.reader.read(65_536):
                self.answer = (self.answer + part)[:4_096]

    @property
    def status(self) -> int | None:
        """The status of the first answer, if there was one."""
        return int(self.answer[9:12]) if self.answer.startswith(b"HTTP/1.1 ") else None


@dataclass(frozen=True)
class Assault:
    """So many connections that each do the same, and the statuses they may be answered with."""

    name: str
    act: Callable[[Line], Awaitable[None]]
    statuses: set[int | None]
    connections: int = 100
    at_once: int = 10_000
    within: float = WITHIN
    reads: bool = True


async def _pour(line: Line) -> None:
    """Chunks without an end."""
    await line.say(_CHUNKED)
    while True:
        await line.say(b"2710\r\n" + b"a" * 10_000 + b"\r\n")


SLOW = [
    Assault("a body of a byte a second", lambda line: line.drip(_SIZED, b"1"), {408}),
    Assault("a body that never comes", lambda line: line.say(_SIZED, b"{"), {408}),
    Assault("chunks of a byte a second", lambda line: line.drip(_CHUNKED, b"1\r\n1\r\n"), {408}),
    Assault("a head of a line a second", lambda line: line.drip(_GET, b"a: b\r\n"), {408}),
    Assault("blank lines, one a second", lambda line: line.drip(b"\r\n", b"\r\n"), {408}),
    Assault("not a word", lambda line: line.say(), {None}),
    Assault(
        "answers not read", lambda line: line.drip(_GETS * 15, b"\r\n"), {None},
        connections=20, within=UNREAD_SECONDS + SLACK, reads=False,
    ),
]  # fmt: skip
FLOODS = [
    Assault("8,000 headers", lambda line: line.say(_GET, b"a: b\r\n" * 8_000), {431, None}, at_once=10),
    Assault(
        "a header of 1 MB", lambda line: line.say(_GET, b"a: ", b"b" * 1_000_000), {431, None}, at_once=10
    ),
    Assault(
        "an address of 1 MB", lambda line: line.say(b"GET /?", b"a" * 1_000_000), {431, None}, at_once=10
    ),
    Assault("a query of 10 kB", lambda line: line.say(_QUERY), {414}, at_once=10),
    Assault("chunks without an end", _pour, {413, None}, at_once=10),
    Assault("5,000 requests at once", lambda line: line.say(_LIVE * 5_000), {200, None}, at_once=10),
]
CROWD = Assault(
    "connections beyond its places", lambda line: line.say(), {None}, connections=MAX_CONNECTIONS * 2
)


async def attack_connections(scenario: Scenario) -> list[Attack]:
    """Slow ones, floods, and more than there is room for: each bounded, the neighbours served."""
    slow = Attack("slow connections", "bodies and heads by drips, silence, answers not read: ended in time")
    flood = Attack("floods", "headers, addresses, bodies and requests without end: refused, memory bounded")
    crowd = Attack("crowds", f"{CROWD.connections:,} connections at once: who sends a request is served")
    await _under(scenario, slow, SLOW)
    await _under(scenario, flood, FLOODS)
    await _under(scenario, crowd, [CROWD])
    return [slow, flood, crowd]


async def _under(scenario: Scenario, attack: Attack, assaults: list[Assault]) -> None:
    """All of them at once; the neighbours' time before and meanwhile becomes a fact."""
    attack.began = time.monotonic()
    path = f"/v1/bookings/{scenario.ids['booking_id']}"
    url = scenario.platform.api("bookings")
    token = scenario.token("bookings", scenario.walk.organisation(scenario.walk.school))
    headers = {"Authorization": f"Bearer {token}"}
    async with Neighbours(url + path, headers) as alone:
        await asyncio.sleep(QUIET)
    process = psutil.Process(scenario.platform.pid("bookings-api"))
    before = process.memory_info().rss
    async with Neighbours(url + path, headers) as beside, _watching(process) as sizes:
        where = urlsplit(url)
        await asyncio.gather(
            *(_assail(each, where.hostname or "", where.port or 0, attack) for each in assaults)
        )
    grown = max(sizes) - before
    attack.expect(grown < MAX_GROWTH, f"memory grew by {grown / 1e6:.0f} MB")
    wrong = beside.told.wrong
    attack.expect(not wrong, f"{len(wrong)} of {len(beside.told.milliseconds)} neighbours: {set(wrong)}")
    attack.facts.append(
        f"neighbours' p99 {percentile(alone.told.milliseconds, 99):.0f} ms before,"
        f" {percentile(beside.told.milliseconds, 99):.0f} ms meanwhile"
        f" ({len(beside.told.milliseconds):,} requests); memory at most {grown / 1e6:+.0f} MB"
    )
    attack.over()


@contextlib.asynccontextmanager
async def _watching(process: psutil.Process) -> AsyncIterator[list[int]]:
    sizes = [process.memory_info().rss]

    async def watch() -> None:
        while True:
            await asyncio.sleep(0.1)
            sizes.append(process.memory_info().rss)

    task = asyncio.create_task(watch())
    try:
        yield sizes
    finally:
        task.cancel()


async def _assail(assault: Assault, host: str, port: int, attack: Attack) -> None:
    """Every connection of one assault: ended by the other side within its time, with what may be answered."""
    places = asyncio.Semaphore(assault.at_once)

    async def connect() -> Line:
        async with places:
            return await _connect(assault, host, port)

    endings = await asyncio.gather(*(connect() for _ in range(assault.connections)), return_exceptions=True)
    for ending in endings:
        if isinstance(ending, BaseException):
            attack.expect(isinstance(ending, ConnectionError), f"{assault.name}: {type(ending).__name__}")
            continue
        attack.expect(
            ending.status in assault.statuses and _is_problem(ending),
            f"{assault.name}: answered {ending.answer[:120]!r}",
        )


def _is_problem(line: Line) -> bool:
    return (line.status or 0) < 400 or b"content-type: application/problem+json" in line.answer


async def _connect(assault: Assault, host: str, port: int) -> Line:
    """One connection until it ends; raises `TimeoutError` where it is still there after its time."""
    made = socket.socket()
    made.setblocking(False)
    if not assault.reads:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    async with asyncio.timeout(assault.within):
        await asyncio.get_running_loop().sock_connect(made, (host, port))
        reader, writer = await asyncio.open_connection(sock=made, limit=65_536 if assault.reads else 1)
        line = Line(reader, writer)
        acting = asyncio.ensure_future(assault.act(line))
        try:
            if assault.reads:
                await line.hear()
            else:
                writer.transport.pause_reading()  # type: ignore[attr-defined]
                with contextlib.suppress(ConnectionError):
                    await acting
        finally:
            acting.cancel()
            await asyncio.gather(acting, return_exceptions=True)
            writer.transport.abort()
    return line
