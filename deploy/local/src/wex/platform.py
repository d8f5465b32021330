"""The whole platform on one machine, as a library: started, broken on purpose, stopped."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Self

from shared.messaging.topics import apply_topics
from shared.persistence.provision import ServiceDatabase, provision
from wex import clock, health, records
from wex.announcements import Announcement
from wex.commands import Commands
from wex.engines import local_kafka, local_postgres
from wex.environment import Addresses
from wex.folders import REPOSITORY, Folders
from wex.fork_client import ForkClient, can_fork
from wex.kafka import Kafka
from wex.local_secrets import load_secrets
from wex.lock import take_lock
from wex.migrated import Migrated
from wex.ports import SERVICES, USUAL_PORTS, choose_ports, moved
from wex.postgres import Postgres
from wex.processes import Child, Command, ProcessError, log_end, start, until_ready

_READY_WITHIN = 60.0


class Platform:
    """Engines, issuer, trace receiver and the services' processes, all in one state folder.

    The prefix, set before the names of databases and topics, keeps platforms on shared engines apart.
    `async with Platform(folder) as platform:` starts everything and stops it at the end.
    """

    def __init__(
        self,
        state: Path,
        *,
        environment: str = "test",
        usual_ports: bool = False,
        durable: bool = False,
        services: tuple[str, ...] = SERVICES,
        topic_partitions: int | None = None,
        prefix: str = "",
        announce: Callable[[Announcement], None] = lambda _: None,
    ) -> None:
        self.folders = Folders(state.absolute())
        self.services = services
        self.deaths: asyncio.Queue[str] = asyncio.Queue()
        self._usual_ports = usual_ports
        self._durable = durable
        self._topic_partitions = topic_partitions
        self._prefix = prefix
        self._announce = announce
        self._children: dict[str, Child] = {}
        self._expected: set[int] = set()  # the processes whose end nobody needs to be warned of
        self._lock: IO[str] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._postgres: Postgres | None = None
        self._kafka: Kafka | None = None
        self._fork_client: ForkClient | None = None
        self._commands = Commands(self.folders, Addresses("", "", "", "", {}), environment, {}, prefix)

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.down()

    @property
    def addresses(self) -> Addresses:
        """Where everything is reached."""
        return self._commands.addresses

    def api(self, service: str) -> str:
        """The base address of a service's HTTP interface."""
        return self.addresses.api(service)

    def worker(self, service: str) -> str:
        """The base address of a worker's health and metrics server."""
        return f"http://127.0.0.1:{self.addresses.ports[f'{service}-worker']}"

    def database(self, service: str) -> ServiceDatabase:
        """Where a service's data lies: for checks from outside."""
        return self._commands.database(service)

    @property
    def names(self) -> list[str]:
        """Every process that can be killed and started, engines first."""
        engines = ["postgres"] * (self._postgres is not None) + ["kafka"] * (self._kafka is not None)
        return [*engines, "edge", *(f"{s}-{kind}" for s in self.services for kind in ("api", "worker"))]

    @property
    def running(self) -> list[str]:
        """Those that run now."""
        return [name for name, child in self._children.items() if child.exit_code is None]

    def pid(self, name: str) -> int:
        """The process id of one that was started."""
        return self._children[name].pid

    def log(self, name: str) -> Path:
        """The log file of a process."""
        return self.folders.log(name)

    def command(self, name: str) -> Command:
        """How a process is started: to start another of its kind by hand."""
        return self._command(name)

    def advance(self, seconds: float) -> None:
        """Move the business clock of every service ahead by so much more."""
        clock.advance(self.folders.clock, seconds)

    def clock_ahead(self) -> float:
        """By how many seconds the business clock runs ahead."""
        return clock.ahead(self.folders.clock)

    async def up(self) -> None:
        """Start everything and return when all of it is ready; stop it again if anything fails."""
        self._lock = take_lock(self.folders.make())
        try:
            await self._up()
        except BaseException as error:
            await self.down()
            if isinstance(error, BaseExceptionGroup):
                raise _first(error) from error
            raise

    async def down(self) -> None:
        """Stop everything: services first, then what they stand on."""
        if self._watch:
            self._watch.cancel()
        engines = {"postgres", "kafka"}
        await asyncio.gather(*(self.stop(name) for name in set(self._children) - engines))
        await asyncio.gather(*(self.stop(name) for name in set(self._children) & engines))
        if self._fork_client:
            await self._fork_client.close()
        self._release_lock()

    def kill_all(self) -> None:
        """End everything at once, without asking."""
        for name in list(self._children):
            self._children.pop(name).kill()
        if self._fork_client:
            self._fork_client.server.kill()
        self._release_lock()

    async def start(self, name: str, *, through: str = "", **environment: str) -> None:
        """Start one process that does not run, `through` a module that runs it; wait until it is ready."""
        if name in self._children and self._children[name].exit_code is None:
            raise ProcessError(f"{name} runs already")
        began = time.monotonic()
        self._announce(Announcement(name, "starting"))
        command = self._command(name)
        if through:
            module = (through, *command.module)
            command = replace(command, module=module, argv=(sys.executable, "-m", *module))
        command = replace(command, environment={**command.environment, **environment})
        child = await self._spawn(command)
        self._children[name] = child
        await until_ready(child, lambda: self.is_ready(name), within=_READY_WITHIN)
        self._announce(Announcement(name, "ready", f"{time.monotonic() - began:.1f} s, port {command.port}"))

    async def stop(self, name: str) -> None:
        """Stop one process gracefully."""
        if child := self._children.get(name):
            self._expected.add(child.pid)
            await child.stop()
            self._children.pop(name, None)
            self._announce(Announcement(name, "stopped"))

    def kill(self, name: str) -> None:
        """Kill one process with -9, as a crash would; `start` brings it back on the same port."""
        if name not in self._children:
            raise ProcessError(f"{name} is no running process of this platform")
        self._children.pop(name).kill()
        self._announce(Announcement(name, "stopped", "killed"))

    async def is_ready(self, name: str) -> bool:
        """Whether one process serves now."""
        if name == "postgres" and self._postgres:
            return await self._postgres.is_ready()
        if name == "kafka" and self._kafka:
            return await self._kafka.is_ready()
        return await health.is_ready(self.addresses.ports["issuer" if name == "edge" else name])

    async def _up(self) -> None:
        ended = await asyncio.to_thread(records.end_all, self.folders.run)
        if ended:
            self._announce(Announcement("wex", "note", f"ended what a crash had left: {', '.join(ended)}"))
        records.write(self.folders.run, records.record_of("supervisor", os.getpid()))
        self._choose_addresses()
        self._watch = asyncio.create_task(self._watch_children())
        if can_fork():
            self._fork_client = ForkClient(self.folders.run, self.log("fork-server"), REPOSITORY)
        async with asyncio.TaskGroup() as group:
            postgres = group.create_task(self._start_postgres())
            kafka = group.create_task(self._start_kafka())
            group.create_task(self.start("edge"))
            for service in self.services:
                group.create_task(self._start_service(service, postgres, kafka))

    def _choose_addresses(self) -> None:
        ports = choose_ports(USUAL_PORTS if self._usual_ports else {})
        if self._usual_ports and (others := moved(ports)):
            taken = ", ".join(f"{name} {port}" for name, port in others.items())
            self._announce(Announcement("wex", "note", f"usual ports taken, using: {taken}"))
        self._postgres = local_postgres(self.folders, ports, durable=self._durable)
        self._kafka = local_kafka(self.folders, ports)
        addresses = Addresses(
            postgres=self._postgres.url if self._postgres else os.environ["WEX_POSTGRES_URL"],
            kafka=self._kafka.bootstrap if self._kafka else os.environ["WEX_KAFKA_BOOTSTRAP"],
            issuer=f"http://127.0.0.1:{ports['issuer']}",
            traces=f"http://127.0.0.1:{ports['traces']}",
            ports=ports,
        )
        addresses.write(self.folders)
        secrets = load_secrets(self.folders.secrets)
        self._commands = replace(self._commands, addresses=addresses, secrets=secrets)

    async def _start_postgres(self) -> None:
        if self._postgres:
            await asyncio.to_thread(self._postgres.prepare)
            await self.start("postgres")

    async def _start_kafka(self) -> None:
        if self._kafka:
            await asyncio.to_thread(self._kafka.prepare, self._fetching(asyncio.get_running_loop()))
            await self.start("kafka")
        await apply_topics(self.addresses.kafka, self._prefix, partitions=self._topic_partitions)

    def _fetching(self, loop: asyncio.AbstractEventLoop) -> Callable[[int, int, int], None]:
        def announce(done: int, total: int, received: int) -> None:
            detail = f"{done}/{total} jars, {received / 1e6:.0f} MB"
            loop.call_soon_threadsafe(self._announce, Announcement("kafka", "fetching", detail))

        return announce

    async def _start_service(
        self, service: str, postgres: asyncio.Task[None], kafka: asyncio.Task[None]
    ) -> None:
        await asyncio.shield(postgres)
        migrated = Migrated(self.folders.data / "migrated.json" if self._postgres else None)
        if not migrated.has(service):
            await provision(self.addresses.postgres, service, self.database(service).name)
            await self._migrate(self._commands.service(service, "migrate"))
            migrated.add(service)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.start(f"{service}-api"))
            await asyncio.shield(kafka)
            await self.start(f"{service}-worker")

    async def _migrate(self, command: Command) -> None:
        child = await self._spawn(command)
        try:
            code = await child.ended()
        finally:
            child.kill()
        if code:
            raise ProcessError(f"{command.name} failed with code {code}\n{log_end(command.log)}")

    async def _spawn(self, command: Command) -> Child:
        if command.module and self._fork_client and await self._fork_client.is_ready():
            return self._fork_client.start(command)
        return start(command, self.folders.run)

    def _command(self, name: str) -> Command:
        if name == "postgres" and self._postgres:
            return self._postgres.command()
        if name == "kafka" and self._kafka:
            return self._kafka.command()
        if name not in self.names:
            raise ProcessError(f"no process is called {name}; there are {', '.join(self.names)}")
        service, _, role = name.rpartition("-")
        return self._commands.service(service, role) if service else self._commands.edge()

    async def _watch_children(self) -> None:
        while True:
            for name, child in list(self._children.items()):
                if child.exit_code is not None and child.pid not in self._expected:
                    self._expected.add(child.pid)
                    detail = f"code {child.exit_code}, see {self.log(name)}"
                    self._announce(Announcement(name, "died", detail))
                    self.deaths.put_nowait(name)
            await asyncio.sleep(0.2)

    def _release_lock(self) -> None:
        records.forget(self.folders.run, "supervisor")
        if self._lock:
            self._lock.close()
            self._lock = None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    for error in group.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    return group
