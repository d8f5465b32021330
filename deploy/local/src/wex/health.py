"""Asks a process over HTTP whether it is ready, without an HTTP client's start-up cost."""

import asyncio

from wex.ports import listens


async def is_ready(port: int, path: str = "/health/ready", *, within: float = 2.0) -> bool:
    """Whether `GET path` on this port of the loopback address answers 200 in time."""
    try:
        async with asyncio.timeout(within):
            return await _status(port, path) == 200
    except (OSError, TimeoutError, ValueError, IndexError):
        return False


async def serves(pid: int, port: int) -> bool:
    """Whether this very process serves on the port and is ready."""
    return listens(pid, port) and await is_ready(port)


async def accepts(host: str, port: int) -> bool:
    """Whether anything listens there."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True


async def _status(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        return int((await reader.readline()).split()[1])
    finally:
        writer.close()
