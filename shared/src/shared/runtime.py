"""What a running process holds, and the two kinds of process: api and worker."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import uvicorn
from fastapi import APIRouter, FastAPI
from opentelemetry.sdk.trace import TracerProvider

from shared.bus.batching import KeyedBatcher
from shared.bus.command_bus import CommandBus
from shared.bus.transaction import Transaction
from shared.bus.wake import Waker
from shared.contracts.contract import source_of
from shared.http.app import create_app
from shared.http.connections import BoundedConnection
from shared.http.health import health_routes
from shared.http.paging import Pager
from shared.kernel import Clock, OffsetClock
from shared.messaging.announcing import Announcement
from shared.messaging.consumer import Consumer
from shared.messaging.counting import Counting, DayCounter
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.policy import Deadline, Subscription
from shared.messaging.relay import Relay
from shared.messaging.restoring import OwnEvent
from shared.messaging.retrier import Retrier
from shared.messaging.sweeper import Sweeper
from shared.operations.parked import parked_routes
from shared.persistence.database import Database, is_transient
from shared.security.tokens import TokenVerifier
from shared.settings import ServiceSettings

UnitOfWork = TypeVar("UnitOfWork")

READY_SECONDS = 2.0
_WRITE_NOTHING = "insert into inbox (source, message_id) values ('readiness', gen_random_uuid()::text)"


class Task(Protocol):
    """A background task of a worker: started, watched and stopped with it."""

    @property
    def heartbeat(self) -> Heartbeat: ...

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


@dataclass(frozen=True)
class Runtime(Generic[UnitOfWork]):
    """A service's own things while it runs; routes find it in `request.app.state.runtime`.

    `reads` has what answers each protocol of queries, as the service's `open_reads` made them; `ports` has
    what else routes ask for by a protocol.
    """

    settings: ServiceSettings
    clock: Clock
    database: Database
    waker: Waker
    bus: CommandBus[UnitOfWork]
    batcher: KeyedBatcher[UnitOfWork]
    pager: Pager
    reads: Any = None
    ports: Mapping[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Service(Generic[UnitOfWork]):
    """A service on one page: what it is made of, named in its composition root (`main.py`)."""

    name: str
    title: str
    settings: ServiceSettings
    open_unit_of_work: Callable[[Transaction], UnitOfWork]
    routers: Sequence[APIRouter]
    subscriptions: Sequence[Subscription[UnitOfWork]] = ()
    deadlines: Sequence[Deadline[UnitOfWork]] = ()
    announcements: Sequence[Announcement] = ()
    own_events: Sequence[OwnEvent] = ()
    counting: Counting | None = None
    tasks: Sequence[Callable[[Runtime[UnitOfWork]], Task]] = ()
    at_start: Callable[[Runtime[UnitOfWork]], Any] | None = None
    open_reads: Callable[[Database], Any] | None = None
    ports: Mapping[Any, Any] = field(default_factory=dict)
    clock: Clock | None = None
    version: str = "0.1.0"

    def run(self) -> Runtime[UnitOfWork]:
        """The service's things, not yet started."""
        settings = self.settings
        clock = self.clock or OffsetClock(settings.clock_file)
        database = Database(
            settings.database_url.get_secret_value(),
            name=f"wex-{self.name}",
            size=settings.database_pool_size,
        )
        waker = Waker(database)
        bus = CommandBus(database, self.open_unit_of_work, clock, waker, source=source_of(self.name))
        batcher = KeyedBatcher(bus, max_batch_size=settings.request_batch_size)
        pager = Pager(settings.cursor_secret.get_secret_value())
        reads = self.open_reads(database) if self.open_reads else None
        return Runtime(settings, clock, database, waker, bus, batcher, pager, reads, self.ports)

    def api(self) -> FastAPI:
        """The HTTP side."""
        runtime = self.run()
        verifier = TokenVerifier(self.settings.issuer, f"wex-{self.name}")

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            await runtime.waker.start()
            try:
                yield
            finally:
                await runtime.waker.stop()
                await verifier.close()
                await runtime.database.close()

        async def ready() -> str | None:
            return await _database_answers(runtime.database)

        app = create_app(
            title=self.title,
            description=self.title,
            version=self.version,
            routers=[*self.routers, parked_routes(self.name), health_routes(lambda: None, ready)],
            lifespan=lifespan,
            max_body_bytes=self.settings.max_body_bytes,
            body_seconds=self.settings.body_seconds,
        )
        app.state.runtime, app.state.verifier = runtime, verifier
        return app

    def worker(self) -> "Worker[UnitOfWork]":
        """The background side."""
        return Worker(self, self.run())


@dataclass
class Worker(Generic[UnitOfWork]):
    """Relay, consumer, retrier, sweeper and the service's own tasks, in one process."""

    service: Service[UnitOfWork]
    runtime: Runtime[UnitOfWork]
    tasks: list[Task] = field(default_factory=list)

    def __post_init__(self) -> None:
        service, runtime, settings = self.service, self.runtime, self.service.settings
        self.relay_database = Database(
            settings.relay_database_url.get_secret_value(), name=f"wex-{service.name}-relay", size=1
        )
        self.consumer: Consumer[UnitOfWork] = Consumer(
            runtime.database,
            runtime.bus,
            service.subscriptions,
            settings.kafka_bootstrap,
            service=service.name,
            topic_prefix=settings.topic_prefix,
            instance=settings.instance,
            batch_size=settings.event_batch_size,
        )
        self.tasks = [
            Relay(
                self.relay_database,
                settings.kafka_bootstrap,
                service=service.name,
                topic_prefix=settings.topic_prefix,
            ),
            self.consumer,
            Retrier(self.consumer.delivery),
            Sweeper(runtime.database, runtime.bus, service.deadlines, runtime.clock),
            *(make(runtime) for make in service.tasks),
        ]
        if service.counting is not None:
            self.tasks.append(DayCounter(runtime.database, runtime.waker, runtime.clock, service.counting))

    async def start(self) -> None:
        await self.runtime.waker.start()
        if self.service.at_start is not None:
            await self.service.at_start(self.runtime)
        for task in self.tasks:
            await task.start()

    async def stop(self) -> None:
        """Drain: what is in hand is finished, what is not is left for the next process."""
        await asyncio.gather(*(task.stop() for task in self.tasks), return_exceptions=True)
        await self.runtime.waker.stop()
        await self.runtime.database.close()
        await self.relay_database.close()

    def stuck(self) -> str | None:
        """The first background loop that no longer goes round."""
        return next((f"{t.heartbeat.name} is stuck" for t in self.tasks if t.heartbeat.stuck), None)

    def health_app(self) -> FastAPI:
        """The worker's small HTTP side: health and metrics."""

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            await self.start()
            try:
                yield
            finally:
                await self.stop()

        async def ready() -> str | None:
            return await _database_answers(self.runtime.database) or self.consumer.waiting_for_group()

        return create_app(
            title=f"{self.service.title}: worker",
            description="Health and metrics of the background process",
            version=self.service.version,
            routers=[health_routes(self.stuck, ready)],
            lifespan=lifespan,
            max_body_bytes=1_000,
        )


async def serve(app: FastAPI, host: str, port: int, tracing: TracerProvider | None = None) -> None:
    """Serve until told to stop; a second signal stops at once."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=8,
        timeout_keep_alive=15,
        http=BoundedConnection,
        ws="none",
    )
    try:
        await uvicorn.Server(config).serve()
    finally:
        if tracing is not None:
            await asyncio.to_thread(tracing.force_flush, 2_000)


async def _database_answers(database: Database) -> str | None:
    """Whether a row can be written now, on a connection that no busy pool keeps waiting."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            connection = await database.connect()
            try:
                transaction = connection.transaction()
                await transaction.start()
                await connection.execute(_WRITE_NOTHING)
                await transaction.rollback()
            finally:
                connection.terminate()
    except Exception as error:
        if not is_transient(error):
            raise
        return "the database does not answer"
    return None
