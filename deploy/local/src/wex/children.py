"""The running processes of one platform: started, watched for deaths, ended."""

import asyncio
from collections.abc import Awaitable, Callable

from wex.announcements import Announcement
from wex.folders import REPOSITORY, Folders
from wex.fork_client import ForkClient, can_fork
from wex.processes import Child, Command, ProcessError, last_lines, start, until_ready

# A process that dies ends the wait for it at once, so only on a very busy machine is this long.
_READY_WITHIN = 180.0


class Children:
    """The processes by name; `deaths` receives the name of each that ends without being asked to."""

    def __init__(self, folders: Folders, announce: Callable[[Announcement], None]) -> None:
        self.deaths: asyncio.Queue[str] = asyncio.Queue()
        self._folders = folders
        self._announce = announce
        self._children: dict[str, Child] = {}
        self._expected: set[int] = set()  # the processes whose end nobody needs to be warned of
        self._fork_client: ForkClient | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def running(self) -> list[str]:
        """Those that run now."""
        return [name for name, child in self._children.items() if child.exit_code is None]

    def get(self, name: str) -> Child | None:
        """One that was started."""
        return self._children.get(name)

    def open(self) -> None:
        """Begin to watch; start the fork server, where there can be one."""
        self._watch = asyncio.create_task(self._watch_for_deaths())
        if can_fork():
            self._fork_client = ForkClient(self._folders.run, self._folders.log("fork-server"), REPOSITORY)

    async def close(self) -> None:
        """Stop everything: the engines last, since the others stand on them."""
        if self._watch:
            self._watch.cancel()
        engines = {name for name in self._children if name.startswith(("postgres", "kafka"))}
        await asyncio.gather(*(self.stop(name) for name in set(self._children) - engines))
        await asyncio.gather(*(self.stop(name) for name in engines))
        if self._fork_client:
            await self._fork_client.close()

    async def start(self, command: Command, is_ready: Callable[[], Awaitable[bool]]) -> None:
        """Start a process and wait until it is ready."""
        child = await self._spawn(command)
        self._children[command.name] = child
        self._expected.add(child.pid)  # until it is ready its death is this start's error and no news
        try:
            await until_ready(child, is_ready, within=_READY_WITHIN)
        except ProcessError:
            self._children.pop(command.name).kill()
            raise
        self._expected.discard(child.pid)

    async def run(self, command: Command) -> None:
        """Run a process to its end; anything but success is an error with the end of its log."""
        child = await self._spawn(command)
        try:
            code = await child.ended()
        finally:
            child.kill()
        if code:
            raise ProcessError(f"{command.name} failed with code {code}\n{last_lines(child.output())}")

    async def stop(self, name: str) -> None:
        """Stop one gracefully."""
        if child := self._children.get(name):
            self._expected.add(child.pid)
            await child.stop()
            self._children.pop(name, None)
            self._announce(Announcement(name, "stopped"))

    def kill(self, name: str) -> None:
        """Kill one with -9, as a crash would."""
        self._children.pop(name).kill()
        self._announce(Announcement(name, "stopped", "killed"))

    def kill_all(self) -> None:
        """End everything at once, without asking."""
        for name in list(self._children):
            self._children.pop(name).kill()
        if self._fork_client:
            self._fork_client.server.kill()

    async def _spawn(self, command: Command) -> Child:
        if command.module and self._fork_client and await self._fork_client.is_ready():
            return self._fork_client.start(command)
        return start(command, self._folders.run)

    async def _watch_for_deaths(self) -> None:
        while True:
            for name, child in list(self._children.items()):
                if child.exit_code is not None and child.pid not in self._expected:
                    self._expected.add(child.pid)
                    detail = f"code {child.exit_code}, see {child.command.log}"
                    self._announce(Announcement(name, "died", detail))
                    self.deaths.put_nowait(name)
            await asyncio.sleep(0.2)
