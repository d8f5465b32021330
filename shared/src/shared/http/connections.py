"""A connection within bounds: a request's head arrives soon and small, and nobody holds a place for ever."""

import asyncio
from typing import Any, ClassVar

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from shared.http.app import SECURITY_HEADERS
from shared.http.problems import HTTP_SLUGS, problem

HEAD_SECONDS = 10.0  # for a request's head, from its first byte, and for the first byte of the first one
LEFTOVER_SECONDS = 2.0  # for the rest of a body that was answered before its end
UNREAD_SECONDS = 20.0  # for a caller who does not read its answers
MAX_HEAD_BYTES = 32_768
MAX_PIPELINED = 16
MAX_CONNECTIONS = 2_000


class BoundedConnection(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn speaks it, with the bounds it leaves to a proxy; for `uvicorn.Config(http=...)`.

    With all places taken, whoever has owed a request the longest gives way to who comes.
    """

    _owing: ClassVar[dict["BoundedConnection", None]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = self._parsed_bytes = 0
        self._refused = 400
        self._patience: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            if not self._owing:
                self._refuse(503)
                return
            next(iter(self._owing)).give_way()
        self._owing[self] = None
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._owing.pop(self, None)
        self._wait(None)
        self.resume_writing()

    def give_way(self) -> None:
        """End, for somebody else's sake."""
        self._owing.pop(self, None)
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            if not self._head_bytes:
                self._wait(HEAD_SECONDS)
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(431)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._parsed_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._owing.pop(self, None)
        self._wait(None)
        super().on_headers_complete()
        if len(self.pipeline) > MAX_PIPELINED:
            raise ValueError("too many requests at once")

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head, self._head_bytes = True, 0
        self._wait(None)
        if self.cycle.response_complete:
            self._owing[self] = None
            self._wait(HEAD_SECONDS)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or not self.cycle.response_complete:
            return
        if self._in_head:
            self._owing[self] = None
        else:
            self._wait(LEFTOVER_SECONDS)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def send_400_response(self, msg: str) -> None:
        """What cannot be parsed is a problem like every other."""
        del msg
        self._refuse(self._refused)

    def _count(self, length: int) -> None:
        self._parsed_bytes += length
        if self._parsed_bytes > MAX_HEAD_BYTES:
            self._refused = 431
            raise ValueError("the head is too large")

    def _wait(self, seconds: float | None) -> None:
        """End the connection after so long; None: wait as long as it takes."""
        if self._patience is not None:
            self._patience.cancel()
        self._patience = None if seconds is None else self.loop.call_later(seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        if self._in_head and self._head_bytes:
            self._refuse(408)
        else:
            self.transport.close()

    def _refuse(self, status: int) -> None:
        """Answer with a problem, where no other answer is under way, and end."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self.transport.write(_written(problem(status, *HTTP_SLUGS[status])))
        self.transport.close()


def _written(answer: Response) -> bytes:
    headers = [*answer.raw_headers, *SECURITY_HEADERS, (b"connection", b"close")]
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
    return STATUS_LINE[answer.status_code] + lines + b"\r\n" + bytes(answer.body)
