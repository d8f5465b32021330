"""A load generator in a process of its own: keep-alive connections, each asking again when answered.

Requests are made beforehand and answers are looked at no more than need be, so that the load is a small
part of what two cores do.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

import uvloop


@dataclass
class Load:
    """What came of it: for each answer its status, when it came and how long it took, in seconds.

    `unanswered` are the places, among the requests, of those cut off.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    came: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    seconds: list[float] = field(default_factory=list)
    unanswered: list[int] = field(default_factory=list)
    lasted: float = 0.0

    def rate(self, status: int) -> float:
        """Answers of this status a second."""
        return self.statuses[status] / self.lasted


async def drive(
    ports: Sequence[int], requests: Sequence[bytes], *, connections: int, seconds: float | None = None
) -> Load:
    """Send the requests, in order, until they run out or the time is up; connections alternate over ports."""
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return await loop.run_in_executor(pool, _drive, list(ports), list(requests), connections, seconds)


def _drive(ports: list[int], requests: list[bytes], connections: int, seconds: float | None) -> Load:
    return uvloop.run(_all(ports, requests, connections, seconds))


async def _all(ports: list[int], requests: list[bytes], connections: int, seconds: float | None) -> Load:
    load, left = Load(), iter(enumerate(requests))
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    until = began + seconds if seconds else float("inf")
    clients = []
    for each in range(connections):
        _, client = await loop.create_connection(
            lambda: _Connection(load, left, began, until), "127.0.0.1", ports[each % len(ports)]
        )
        clients.append(client)
    await asyncio.gather(*(client.ended for client in clients))
    load.lasted = time.perf_counter() - began
    load.came = dict(load.came)
    return load


class _Connection(asyncio.Protocol):
    """One request at a time; a connection that is cut off ends, and its request is not asked again."""

    def __init__(self, load: Load, requests: Iterator[tuple[int, bytes]], began: float, until: float) -> None:
        self._load, self._requests, self._began, self._until = load, requests, began, until
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._received = b""
        self._asked_at = 0.0
        self._asked: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2]
        if len(body) < int(length.split(b"\r\n", 1)[0]):
            return
        self._received = b""
        now = time.perf_counter()
        status = int(head[9:12])
        self._load.statuses[status] += 1
        self._load.came[status].append(now - self._began)
        self._load.seconds.append(now - self._asked_at)
        self._ask()

    def connection_lost(self, _: Exception | None) -> None:
        if self._asked is not None:
            self._load.unanswered.append(self._asked)
        if not self.ended.done():
            self.ended.set_result(None)

    def _ask(self) -> None:
        following = next(self._requests, None) if time.perf_counter() < self._until else None
        if following is None:
            self._asked = None
            self._transport.close()
            return
        self._asked, request = following
        self._asked_at = time.perf_counter()
        self._transport.write(request)  # type: ignore[attr-defined]
