"""A partner's endpoint on this machine: answers as a test tells it to, and remembers what it was sent."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

OK = b"HTTP/1.1 204 No Content\r\n\r\n"
Behaviour = bytes | Callable[[asyncio.StreamWriter], Any]


def status(code: int, **headers: str) -> bytes:
    """An answer without a body."""
    lines = [f"HTTP/1.1 {code} X", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    return ("\r\n".join([*lines, "content-length: 0"]) + "\r\n\r\n").encode()


@dataclass
class Hook:
    """One request that arrived."""

    headers: dict[str, str]
    body: bytes
    target: str

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content

    def verify(self, secret: str) -> None:
        """Raises unless a signature is the secret's."""
        Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """What arrived, and how the next ones are answered; when the list is used up, with 204."""

    url: str = ""
    port: int = 0
    answers: list[Behaviour] = field(default_factory=list)
    always: Behaviour = OK
    hooks: list[Hook] = field(default_factory=list)
    closed_early: int = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            request, *lines = head.strip().split("\r\n")
            headers = {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.hooks.append(Hook(headers, body, request.split()[1]))
            answer = self.answers.pop(0) if self.answers else self.always
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                try:
                    await answer(writer)
                except ConnectionError:
                    self.closed_early += 1
        writer.close()


@contextlib.asynccontextmanager
async def receiving(trust: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a free port of 127.0.0.1."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0, ssl=trust)
    receiver.port = server.sockets[0].getsockname()[1]
    receiver.url = f"http://127.0.0.1:{receiver.port}/hooks"
    try:
        yield receiver
    finally:
        server.close()


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send the head of an answer, one byte at a time, for ever."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"x-slow: " + b"y" * 10_000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


async def flood(writer: asyncio.StreamWriter) -> None:
    """Answer 200 and a body without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def hang(writer: asyncio.StreamWriter) -> None:
    """Take the request and never answer."""
    del writer
    await asyncio.sleep(60)


async def head_flood(writer: asyncio.StreamWriter) -> None:
    """Answer 200 and headers without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x-more: " + b"y" * 8_000 + b"\r\n")
        await writer.drain()


# What a receiver may do to an attempt, and what the attempt makes of it: a status, or a kind of failure.
BEHAVIOURS: list[tuple[str, Behaviour, tuple[int | None, str | None]]] = [
    ("takes it", OK, (204, None)),
    ("fails", status(500), (500, None)),
    ("redirects", status(302, location="http://169.254.169.254/latest/meta-data/"), (302, None)),
    ("answers without an end", flood, (200, None)),
    ("answers with headers without an end", head_flood, (None, "answer-unreadable")),
    ("answers by the byte", drip, (None, "timeout")),
    ("never answers", hang, (None, "timeout")),
    ("ends the connection", b"", (None, "answer-unreadable")),
    ("speaks another protocol", b"SSH-2.0-example\r\n", (None, "answer-unreadable")),
]
