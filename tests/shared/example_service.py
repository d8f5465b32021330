"""A service of one table, built of the kit's parts alone: what the kit's own tests run."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel

from shared.bus.command_bus import CommandBus, Done
from shared.bus.inbox import Message, Taken
from shared.bus.transaction import Transaction
from shared.bus.wake import Waker
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event
from shared.kernel import Aggregate, Clock, NotFound, NotYetKnown, OffsetClock, new_id
from shared.messaging.consumer import Consumer
from shared.messaging.policy import Deadline, Due, Instruction, Subscription, for_tenants
from shared.messaging.relay import Relay
from shared.messaging.sweeper import Sweeper
from shared.persistence.database import Database, Deadlines
from shared.persistence.kit_partitions import partition_kit_tables
from shared.persistence.kit_tables import (
    add_announcements,
    add_day_counts,
    add_deadline_retries,
    add_parked_acts,
    add_parked_states,
    add_restoring,
    add_subscription_positions,
    create_kit_tables,
)
from shared.persistence.migrations import grant, protect, statements
from shared.persistence.provision import ServiceDatabase, provision, role_names, service_database
from shared.persistence.rows import save_row
from tests.infra import engines

TOPIC, OTHER_TOPIC = "example.events", "example.others"


class ThingChanged(Contract):
    """A thing changed. Not registered: it is nobody's published language."""

    type: ClassVar[str] = "thing.changed.v1"
    topic: ClassVar[str] = TOPIC
    key_field: ClassVar[str] = "thing_id"

    thing_id: UUID
    tenant_id: UUID
    number: int


class ThingEnded(ThingChanged):
    """A thing ended: another type on the same topic, of the same key."""

    type: ClassVar[str] = "thing.ended.v1"


class OtherHappened(ThingChanged):
    """Something on another topic."""

    type: ClassVar[str] = "other.happened.v1"
    topic: ClassVar[str] = OTHER_TOPIC


class ThingRow(SQLModel, table=True):
    """A thing of a tenant."""

    __tablename__ = "things"

    thing_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    name: str
    version: int


@dataclass(slots=True)
class Thing(Aggregate):
    """A thing with a name."""

    id: UUID
    tenant_id: UUID
    name: str

    def rename(self, name: str) -> None:
        self.name = name
        self.record(name)


SCHEMA = """
create table things (
  tenant_id uuid not null,
  thing_id uuid not null unique,
  name text not null check (length(name) between 1 and 50),
  version integer not null check (version > 0),
  primary key (thing_id),
  unique (tenant_id, thing_id)
);
create table parts (
  tenant_id uuid not null,
  part_id uuid primary key,
  thing_id uuid not null,
  foreign key (tenant_id, thing_id) references things (tenant_id, thing_id)
);
create table effects (
  id bigint generated always as identity primary key,
  key uuid not null,
  number integer not null,
  seen_by text not null default ''
);
create table places (
  session_id uuid primary key,
  places integer not null,
  taken integer not null,
  check (taken between 0 and places)
);
create table bookings (booking_id uuid primary key, session_id uuid not null);
"""


def migrate(connection: Connection) -> None:
    """The example service's only migration."""
    with Operations.context(MigrationContext.configure(connection)):
        create_kit_tables("example")
        add_deadline_retries()
        add_announcements("example")
        add_parked_states()
        add_parked_acts("example")
        partition_kit_tables("example")
        add_restoring("example")
        add_subscription_positions("example", {})
        add_day_counts("example")
        statements(SCHEMA)
        for table in ("things", "parts", "effects", "places", "bookings"):
            grant("example", table)
        protect("things", "tenant_id")
        protect("parts", "tenant_id")


async def template(admin_url: str) -> str:
    """The name of the migrated template, made by the first test of the run that needs it."""

    async def make() -> str:
        database = await provision(admin_url, "example", f"template_example_{uuid.uuid4().hex[:8]}")
        engine = create_async_engine(database.owner_url.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
        await engine.dispose()
        return database.name

    return await engines.once("template-example", make)


async def fresh_database(admin_url: str) -> ServiceDatabase:
    """A database of the example service's, empty."""
    source, name = await template(admin_url), f"test_example_{uuid.uuid4().hex[:12]}"
    owner, app, relay = role_names("example")
    connection = await asyncpg.connect(admin_url, timeout=60)
    try:
        await connection.execute(
            f'create database "{name}" template "{source}" strategy file_copy owner "{owner}"'
        )
        await connection.execute(f'revoke all on database "{name}" from public')
        await connection.execute(f'grant connect on database "{name}" to "{app}", "{relay}"')
    finally:
        await connection.close()
    return service_database(admin_url, "example", name)


@dataclass(frozen=True, slots=True)
class ChangeThing:
    """Say that a thing changed, with a number to tell the changes apart."""

    thing_id: UUID
    number: int = 1
    fail_with: Exception | None = field(default=None, compare=False)


class ExampleUnitOfWork:
    """What the example service's handlers work with."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        self.session = transaction.db

    async def effect(self, key: UUID, number: int, seen_by: str = "") -> None:
        statement = text("insert into effects (key, number, seen_by) values (:key, :number, :seen_by)")
        await self.session.execute(statement, {"key": key, "number": number, "seen_by": seen_by})

    async def has_effect(self, key: UUID) -> bool:
        statement = text("select exists (select from effects where key = :key)")
        return bool(await self.session.scalar(statement, {"key": key}))

    async def thing(self, thing_id: UUID) -> Thing:
        row = await self.session.get(ThingRow, thing_id)
        if row is None:
            raise NotFound
        return Thing(row.thing_id, row.tenant_id, row.name, version=row.version)

    async def save(self, thing: Thing) -> None:
        row = ThingRow(thing_id=thing.id, tenant_id=thing.tenant_id, name=thing.name, version=thing.version)
        changes = thing.take_events()
        await save_row(self.session, row, changes=len(changes))
        for sequence, _ in changes:
            self.transaction.publish(
                ThingChanged(thing_id=thing.id, tenant_id=thing.tenant_id, number=sequence), sequence=sequence
            )


async def change_thing(command: ChangeThing, uow: ExampleUnitOfWork) -> int:
    """Have an effect and say so; then fail, if told to."""
    await uow.effect(command.thing_id, command.number)
    said = ThingChanged(thing_id=command.thing_id, tenant_id=command.thing_id, number=command.number)
    uow.transaction.publish(said, sequence=command.number)
    if command.fail_with is not None:
        raise command.fail_with
    return command.number


@dataclass(frozen=True, slots=True)
class Note:
    """Note an event's number; `needs` another thing's effect first, `fails` by raising it."""

    key: UUID
    number: int
    needs: UUID | None = None
    fails: Exception | None = field(default=None, compare=False)
    seen_by: str = ""


async def note(command: Note, uow: ExampleUnitOfWork) -> None:
    """The effect of an event."""
    if command.needs is not None and not await uow.has_effect(command.needs):
        raise NotYetKnown("what it needs", command.needs, of_its_own_key=command.needs == command.key)
    if command.fails is not None:
        raise command.fails
    await uow.effect(command.key, command.number, command.seen_by)


def when_thing_changed_note_it(event: Event[ThingChanged]) -> Instruction[ExampleUnitOfWork]:
    return Instruction(note, Note(event.data.thing_id, event.data.number), for_tenants(event.data.tenant_id))


def when_thing_ended_note_it(event: Event[ThingEnded]) -> Instruction[ExampleUnitOfWork]:
    return Instruction(note, Note(event.data.thing_id, event.data.number), for_tenants(event.data.tenant_id))


def when_overdue_note_it(due: Due) -> Instruction[ExampleUnitOfWork]:
    return Instruction(note, Note(due.subject_id, 1), for_tenants(due.tenant_id))


SUBSCRIPTIONS: list[Subscription[ExampleUnitOfWork]] = [
    Subscription("when_thing_changed_note_it", ThingChanged, when_thing_changed_note_it),
    Subscription("when_thing_ended_note_it", ThingEnded, when_thing_ended_note_it),
]


# A machine that is busy with something else makes two hundred callers of eight connections wait.
_PATIENT = Deadlines(connect=60, acquire=60, statement=50, lock=40, command=60)


class ExampleService:
    """The example service's own things, as a runtime holds a service's."""

    def __init__(self, database: ServiceDatabase, admin_url: str, *, clock: Clock | None = None) -> None:
        self.urls = database
        self._admin = f"{admin_url.rsplit('/', 1)[0]}/{database.name}"
        self.clock = clock or OffsetClock()
        self.database = Database(database.app_url, name="example", size=8, deadlines=_PATIENT)
        self.relay_database = Database(database.relay_url, name="example-relay", size=1)
        self.waker = Waker(self.database)
        self.bus: CommandBus[ExampleUnitOfWork] = CommandBus(
            self.database, ExampleUnitOfWork, self.clock, self.waker, source="/services/example"
        )

    async def close(self) -> None:
        await self.waker.stop()
        await self.database.close()
        await self.relay_database.close()

    async def change(self, thing_id: UUID, number: int = 1, **more: Any) -> Done[int] | Taken:
        """One change of a thing through the command bus, as a message of its own."""
        message = Message("test", str(new_id()))
        return await self.bus.execute(message, change_thing, ChangeThing(thing_id, number, **more))

    async def sql(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows as the superuser sees them: past every row-level security."""
        connection = await asyncpg.connect(self._admin, timeout=60)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    async def effects(self, key: UUID | None = None) -> list[int]:
        """The numbers noted, in order: of one key, or of all."""
        rows = await self.sql(
            "select number from effects where $1::uuid is null or key = $1 order by id", key
        )
        return [row["number"] for row in rows]

    async def parked(self) -> list[tuple[str, str]]:
        """What waits parked: (consumer, reason)."""
        rows = await self.sql(
            "select consumer, reason from parked_messages where replayed_at is null order by id"
        )
        return [(row["consumer"], row["reason"]) for row in rows]

    async def kill_backends(self, like: str = "example%") -> int:
        """End the connections whose application name is like this."""
        rows = await self.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name like $1",
            like,
        )
        return len(rows)

    def relay(self, bootstrap: str, prefix: str, **more: Any) -> Relay:
        return Relay(self.relay_database, bootstrap, service="example", topic_prefix=prefix, **more)

    def consumer(
        self,
        bootstrap: str,
        prefix: str,
        subscriptions: Sequence[Subscription[ExampleUnitOfWork]] = (),
        **more: Any,
    ) -> Consumer[ExampleUnitOfWork]:
        return Consumer(
            self.database,
            self.bus,
            subscriptions or SUBSCRIPTIONS,
            bootstrap,
            service="example",
            topic_prefix=prefix,
            **more,
        )

    def sweeper(self, *deadlines: Deadline[ExampleUnitOfWork], **more: Any) -> Sweeper[ExampleUnitOfWork]:
        known = deadlines or [Deadline("overdue", when_overdue_note_it)]
        return Sweeper(self.database, self.bus, known, self.clock, **more)
