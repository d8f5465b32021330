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
from wex.children import Children
from wex.commands import Commands
from wex.engines import Engines, local_engines
from wex.environment import Addresses
from wex.folders import Folders
from wex.local_secrets import load_secrets
from wex.lock import take_lock
from wex.migrated import Migrated
from wex.ports import SERVICES, USUAL_PORTS, choose_ports, free_port, moved, ports_of
from wex.postgres import Postgres
from wex.processes import Command, PortTakenError, ProcessError, with_other_ports
from wex.shape import ONE_OF_EACH, Shape, numbered


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
        shape: Shape = ONE_OF_EACH,
        announce: Callable[[Announcement], None] = lambda _: None,
    ) -> None:
        self.folders = Folders(state.absolute())
        self.services = services
        self._usual_ports = usual_ports
        self._durable = durable
        self._topic_partitions = topic_partitions
        self._prefix = prefix
        self.shape = shape
        self._announce = announce
        self._children = Children(self.folders, announce)
        self._lock: IO[str] | None = None
        self._engines = Engines()
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
        return [*self._engines.names, "edge", *self.shape.processes(self.services)]

    def of_each(self, role: str) -> dict[str, list[str]]:
        """The names of every service's apis, or workers."""
        return {service: numbered(f"{service}-{role}", self.shape.of_each) for service in self.services}

    @property
    def running(self) -> list[str]:
        """Those that run now."""
        return self._children.running

    @property
    def deaths(self) -> asyncio.Queue[str]:
        """Receives the name of each process that ends without being asked to."""
        return self._children.deaths

    def database_server(self, name: str) -> Postgres:
        """One of the database servers that run here, or may."""
        servers = (*self._engines.postgres, *self._engines.clusters)
        return next(server for server in servers if server.name == name)

    def pid(self, name: str) -> int:
        """The process id of one that was started."""
        child = self._children.get(name)
        if child is None:
            raise ProcessError(f"{name} was not started")
        return child.pid

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
        await self._children.close()
        self._release_lock()

    def kill_all(self) -> None:
        """End everything at once, without asking."""
        self._children.kill_all()
        self._release_lock()

    async def start(self, name: str, *, through: str = "", **environment: str) -> None:
        """Start one process that does not run, `through` a module that runs it; wait until it is ready."""
        if name in self._children.running:
            raise ProcessError(f"{name} runs already")
        began = time.monotonic()
        self._announce(Announcement(name, "starting"))
        command = self._command(name)
        if through:
            module = (through, *command.module)
            command = replace(command, module=module, argv=(sys.executable, "-m", *module))
        command = replace(command, environment={**command.environment, **environment})
        await self._children.start(command, lambda: self.is_ready(name))
        self._announce(Announcement(name, "ready", f"{time.monotonic() - began:.1f} s, port {command.port}"))

    async def stop(self, name: str) -> None:
        """Stop one process gracefully."""
        await self._children.stop(name)

    async def restart(self, name: str, *, through: str = "", **environment: str) -> None:
        """Stop one process gracefully and start it again, as `start` does."""
        await self.stop(name)
        await self.start(name, through=through, **environment)

    def kill(self, name: str) -> None:
        """Kill one process with -9, as a crash would; `start` brings it back on the same port."""
        if self._children.get(name) is None:
            raise ProcessError(f"{name} is no running process of this platform")
        self._children.kill(name)

    async def is_ready(self, name: str) -> bool:
        """Whether this platform's own process serves now, whatever else answers on its port."""
        child = self._children.get(name)
        if child is None or child.exit_code is not None:
            return False
        if engine := self._engines.get(name):
            return await engine.is_ready()
        ports = [self.addresses.ports[port] for port in ports_of(name)]
        return all([await health.serves(child.pid, port) for port in ports])

    async def _up(self) -> None:
        ended = await asyncio.to_thread(records.end_all, self.folders.run)
        if ended:
            self._announce(Announcement("wex", "note", f"ended what a crash had left: {', '.join(ended)}"))
        records.write(self.folders.run, records.record_of("supervisor", os.getpid()))
        self._choose_addresses()
        self._children.open()
        async with asyncio.TaskGroup() as group:
            postgres = group.create_task(self._start_postgres())
            kafka = group.create_task(self._start_kafka())
            edge = group.create_task(self._start_first("edge"))
            for service in self.services:
                group.create_task(self._start_service(service, postgres, kafka, edge))

    def _choose_addresses(self) -> None:
        processes = ("edge", *self.shape.databases, *self.shape.nodes, *self.shape.processes(SERVICES))
        names = [port for name in processes for port in ports_of(name)] + self.shape.links
        ports = choose_ports(USUAL_PORTS if self._usual_ports else {}, names)
        if self._usual_ports and (others := moved(ports)):
            taken = ", ".join(f"{name} {port}" for name, port in others.items())
            self._announce(Announcement("wex", "note", f"usual ports taken, using: {taken}"))
        self._use_ports(ports)

    def _take_other_ports(self, name: str) -> None:
        ports = dict(self.addresses.ports)
        for port in ports_of(name):
            ports[port] = free_port(set(ports.values()))
        others = ", ".join(f"{port} {ports[port]}" for port in ports_of(name))
        self._announce(Announcement(name, "note", f"port taken meanwhile, using: {others}"))
        self._use_ports(ports)

    def _use_ports(self, ports: dict[str, int]) -> None:
        self._engines = local_engines(self.folders, ports, self.shape, durable=self._durable)
        addresses = self._engines.addresses(ports)
        addresses.write(self.folders)
        secrets = load_secrets(self.folders.secrets)
        self._commands = replace(self._commands, addresses=addresses, secrets=secrets)

    async def _start_postgres(self) -> None:
        async with asyncio.TaskGroup() as group:
            for server in self._engines.first:
                group.create_task(self._make_and_start(server))

    async def _make_and_start(self, server: Postgres) -> None:
        await asyncio.to_thread(server.prepare)
        await self._start_first(server.name)

    async def _start_kafka(self) -> None:
        if self._engines.kafka:
            await with_other_ports(self._start_brokers)
        await apply_topics(
            self.addresses.kafka,
            self._prefix,
            partitions=self._topic_partitions,
            replication=self.shape.brokers,
        )

    async def _start_brokers(self) -> None:
        """All at once, for each waits for a majority; where one's port is taken all begin again."""
        fetching = self._fetching(asyncio.get_running_loop())
        for node in self._engines.kafka:
            await asyncio.to_thread(node.prepare, fetching)
        names = [node.name for node in self._engines.kafka]
        results = await asyncio.gather(*(self.start(name) for name in names), return_exceptions=True)
        errors = [error for error in results if isinstance(error, BaseException)]
        errors.sort(key=lambda error: not isinstance(error, PortTakenError))
        if errors:
            await asyncio.gather(*(self.stop(name) for name in names))
            for name in names:
                self._take_other_ports(name)
            raise errors[0]

    async def _start_first(self, name: str) -> None:
        """Start a process for the first time: nobody knows its ports yet, and taken ones are exchanged."""

        async def attempt() -> None:
            try:
                await self.start(name)
            except PortTakenError:
                self._take_other_ports(name)
                raise

        await with_other_ports(attempt)

    def _fetching(self, loop: asyncio.AbstractEventLoop) -> Callable[[int, int, int], None]:
        def announce(done: int, total: int, received: int) -> None:
            detail = f"{done}/{total} jars, {received / 1e6:.0f} MB"
            loop.call_soon_threadsafe(self._announce, Announcement("kafka", "fetching", detail))

        return announce

    async def _start_service(
        self,
        service: str,
        postgres: asyncio.Task[None],
        kafka: asyncio.Task[None],
        edge: asyncio.Task[None],
    ) -> None:
        await asyncio.shield(postgres)
        migrated = Migrated(self.folders.data / "migrated.json" if self._engines.first else None)
        if not migrated.has(service):
            await provision(self.addresses.server(service), service, self.database(service).name)
            await self._children.run(self._commands.service(service, "migrate"))
            migrated.add(service)
        await asyncio.shield(edge)
        async with asyncio.TaskGroup() as group:
            for name in numbered(f"{service}-api", self.shape.of_each):
                group.create_task(self._start_first(name))
            await asyncio.shield(kafka)
            for name in numbered(f"{service}-worker", self.shape.of_each):
                group.create_task(self._start_first(name))

    def _command(self, name: str) -> Command:
        if engine := self._engines.get(name):
            return engine.command()
        if name not in self.names:
            raise ProcessError(f"no process is called {name}; there are {', '.join(self.names)}")
        return self._commands.edge() if name == "edge" else self._commands.service(*name.split("-"))

    def _release_lock(self) -> None:
        records.forget(self.folders.run, "supervisor")
        if self._lock:
            self._lock.close()
            self._lock = None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    for error in group.exceptions:
        return _first(error) if isinstance(error, BaseExceptionGroup) else error
    return group
