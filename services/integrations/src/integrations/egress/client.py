"""The one way out to strangers: resolve once, check every address, connect to the one that was checked."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx2

from integrations.egress.domain.destinations import Destination, UrlNotAllowed, checked, destination

DEADLINE = 15.0  # seconds for a whole attempt: name, connection, request and answer
RESOLVE_DEADLINE = 5.0
DRAIN_DEADLINE = 2.0
MAX_ANSWER_BYTES = 65_536

Resolve = Callable[[str, int], Awaitable[list[str]]]
# A name whose servers never answer keeps a thread: these are apart from the ones others wait for.
_resolvers = ThreadPoolExecutor(max_workers=32, thread_name_prefix="resolve")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a partner answered: a status, or the kind of failure that kept it from answering."""

    milliseconds: int
    status_code: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None


async def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, in the order the machine prefers; none when it has none."""
    loop = asyncio.get_running_loop()

    def ask() -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    try:
        return await asyncio.wait_for(loop.run_in_executor(_resolvers, ask), RESOLVE_DEADLINE)
    except (OSError, TimeoutError, UnicodeError):
        return []


class Egress:
    """Sends to partners. Nothing is followed, reused, taken from the environment or told back."""

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        resolve: Resolve = resolve,
        deadline: float = DEADLINE,
        trust: ssl.SSLContext | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._allow_loopback = allow_loopback
        self._resolve = resolve
        self._deadline = deadline
        self._trust = trust
        self._transport = transport
        self._client: httpx2.AsyncClient | None = None

    async def check(self, url: str) -> None:
        """Raises `UrlNotAllowed`: by its form, or by what its name leads to at this moment."""
        await self._addresses(destination(url, allow_loopback=self._allow_loopback))

    async def post(self, url: str, content: bytes, headers: dict[str, str]) -> Reply:
        """One attempt, within the deadline. Every failure is a reply of its own kind."""
        started = time.monotonic()
        status, error, retry_after = None, None, None
        try:
            async with asyncio.timeout(self._deadline):
                where = destination(url, allow_loopback=self._allow_loopback)
                async with self._answer(where, content, headers) as answer:
                    status, retry_after = answer.status_code, _retry_after(answer.headers.get("retry-after"))
                    await _drain(answer)
        except (UrlNotAllowed, httpx2.HTTPError, httpx2.InvalidURL, OSError) as failure:
            # The status line is the answer: what breaks after it changes nothing.
            error = None if status else _kind_of(failure)
        milliseconds = round((time.monotonic() - started) * 1000)
        return Reply(milliseconds, status, error, retry_after)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _addresses(self, where: Destination) -> list[str]:
        if where.is_loopback:
            return [where.host]
        return checked(await self._resolve(where.host, where.port), where)

    @asynccontextmanager
    async def _answer(
        self, where: Destination, content: bytes, headers: dict[str, str]
    ) -> AsyncIterator[httpx2.Response]:
        """The head of the answer of the first checked address that takes a connection."""
        client = self._open_client()
        addresses = await self._addresses(where)
        for position, address in enumerate(addresses):
            request = _pinned(where, address, content, headers)
            try:
                answer = await client.send(request, stream=True)
            except httpx2.ConnectError:
                if position == len(addresses) - 1:
                    raise
                continue
            try:
                yield answer
            finally:
                await answer.aclose()
            return

    def _open_client(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                transport=self._transport,
                verify=self._trust or ssl.create_default_context(),
                trust_env=False,
                follow_redirects=False,
                timeout=self._deadline,
                # A connection belongs to one attempt: kept, it would outlive the check of its address.
                limits=httpx2.Limits(max_keepalive_connections=0),
            )
        return self._client


def _pinned(where: Destination, address: str, content: bytes, headers: dict[str, str]) -> httpx2.Request:
    """A request to the address itself, in the name's name: Host, SNI and certificate are the name's."""
    at = f"[{address}]" if ":" in address else address
    usual = {"https": 443, "http": 80}[where.scheme]
    host = where.host if where.port == usual else f"{where.host}:{where.port}"
    return httpx2.Request(
        "POST",
        f"{where.scheme}://{at}:{where.port}{where.target}",
        headers={
            "host": host,
            "content-type": "application/json",
            "user-agent": "wex-webhooks/1",
            "accept-encoding": "identity",
            "connection": "close",
            **headers,
        },
        content=content,
        extensions={"sni_hostname": where.host} if where.scheme == "https" else {},
    )


async def _drain(answer: httpx2.Response) -> None:
    """Read a little of the body, out of courtesy, and drop it."""
    read = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_DEADLINE):
            async for chunk in answer.aiter_raw():
                read += len(chunk)
                if read >= MAX_ANSWER_BYTES:
                    return


def _kind_of(failure: Exception) -> str:
    if isinstance(failure, UrlNotAllowed):
        return str(failure.facts["rule"])
    if isinstance(failure, httpx2.InvalidURL):
        return "not-a-url"
    if isinstance(failure, TimeoutError | httpx2.TimeoutException):
        return "timeout"
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls-failed"
        cause = cause.__cause__ or cause.__context__
    return "connection-failed" if isinstance(failure, httpx2.ConnectError | OSError) else "answer-unreadable"


def _retry_after(value: str | None) -> timedelta | None:
    """Seconds or a date (RFC 9110, 10.2.3); None where it is neither, or over."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 10**8))
    with suppress(ValueError, TypeError):
        at = parsedate_to_datetime(value)
        return max(at.astimezone(UTC) - datetime.now(UTC), timedelta(0))
    return None
