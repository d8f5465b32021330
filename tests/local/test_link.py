"""A link passes on, holds back, cuts and refuses, and loses nothing it only held back."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.infra.link import Link, Way

from wex.ports import free_port


@pytest_asyncio.fixture
async def link() -> AsyncIterator[Link]:
    """A link to a server that answers each line with the same line."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    link = Link(free_port(), server.sockets[0].getsockname()[1])
    await link.mend()
    yield link
    await link.close()
    server.close()


async def said(reader: asyncio.StreamReader, *, within: float = 10) -> bytes:
    return await asyncio.wait_for(reader.readline(), within)


async def ended(reader: asyncio.StreamReader) -> bool:
    try:
        return await said(reader) == b""
    except OSError:
        return True


async def test_what_is_held_back_comes_late_and_whole(link: Link) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    writer.write(b"one\n")
    assert await said(reader) == b"one\n"
    ways: tuple[Way, ...] = ("there", "back")
    for way in ways:
        link.hold(way)
        writer.write(b"two\n")
        with pytest.raises(TimeoutError):
            await said(reader, within=0.2)
        await link.mend()
        assert await said(reader) == b"two\n"
    writer.close()


async def test_a_cut_link_ends_connections_and_refuses_others_until_it_is_mended(link: Link) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    writer.write(b"one\n")
    assert await said(reader) == b"one\n"
    link.cut()
    assert await ended(reader)
    with pytest.raises(OSError, match="Connect"):
        await asyncio.open_connection("127.0.0.1", link.port)
    await link.mend()
    reader, writer = await asyncio.open_connection("127.0.0.1", link.port)
    writer.write(b"two\n")
    assert await said(reader) == b"two\n"
    writer.close()
