"""A link between a process and an engine that can be broken: TCP passed on, held back, cut or refused."""

import asyncio
from contextlib import suppress
from typing import Literal

Way = Literal["there", "back"]
_CHUNK = 65_536


class Link:
    """Passes what comes to one port on to another, and back.

    What a broken way holds back is passed on once it is mended: TCP loses nothing, it is late.
    """

    def __init__(self, port: int, target: int) -> None:
        self.port, self._target = port, target
        self._open: dict[Way, asyncio.Event] = {"there": asyncio.Event(), "back": asyncio.Event()}
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()

    async def mend(self) -> None:
        """Pass everything on, both ways, for whoever connects."""
        for way in self._open.values():
            way.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def hold(self, *ways: Way) -> None:
        """Hold back what goes this way, or both: connections stay, and stay silent."""
        for way in ways:
            self._open[way].clear()

    def reset(self) -> None:
        """End every connection at once; new ones are passed on."""
        for writer in self._writers:
            writer.transport.abort()

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()

    async def close(self) -> None:
        """The link is needed no more."""
        self.cut()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            self._writers.discard(writer)
            return
        self._writers.add(target_writer)
        for source, sink, way in (
            (reader, target_writer, self._open["there"]),
            (target_reader, writer, self._open["back"]),
        ):
            pump = asyncio.create_task(self._pump(source, sink, way))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while data := await source.read(_CHUNK):
                await way.wait()
                sink.write(data)
                await sink.drain()
            await way.wait()  # that the other has closed is told no earlier than what it said before
        sink.close()
        self._writers.discard(sink)
