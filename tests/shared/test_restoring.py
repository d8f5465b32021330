"""A database brought back to an earlier moment: its service is heard again, hears again, and agrees."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from shared.bus.inbox import Message
from shared.bus.outbox import SEQUENCES_OF_AN_EPOCH
from shared.bus.transaction import Transaction
from shared.contracts.envelope import Event, from_message
from shared.kernel import new_id
from shared.messaging import rewinding
from shared.messaging.announcing import Announcement
from shared.messaging.policy import for_tenants
from shared.messaging.restoring import OwnEvent, Restored, Restorer
from shared.messaging.rewinding import GroupAtWorkError
from shared.persistence.provision import role_names
from tests.infra import databases
from tests.infra.polling import eventually
from tests.shared.consuming import changed, consuming, has_effects
from tests.shared.example_service import (
    OTHER_TOPIC,
    TOPIC,
    ExampleService,
    ExampleUnitOfWork,
    ThingChanged,
    ThingEnded,
)
from tests.shared.log import Log
from tests.shared.test_announcing import THINGS, have_things

KNOWN = {each.type: each for each in (ThingChanged, ThingEnded)}
NO_LAG = timedelta(seconds=0)


class Backup:
    """A copy of the example's database as it was at a moment, to go back to."""

    def __init__(self, admin: str) -> None:
        self._admin, self.name, self.moment = admin, f"backup_{new_id().hex}", datetime.now(UTC)

    async def take(self, example: ExampleService) -> None:
        await example.database.engine.dispose()
        await self._copy(example.urls.name, self.name)
        self.moment = datetime.now(UTC)

    async def restore(self, example: ExampleService) -> None:
        await example.database.engine.dispose()
        await databases.drop(self._admin, example.urls.name)
        await self._copy(self.name, example.urls.name)

    async def _copy(self, source: str, target: str) -> None:
        owner, app, relay = role_names("example")
        connection = await asyncpg.connect(self._admin, timeout=60)
        try:
            ended = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1"
            await connection.execute(ended, source)
            await connection.execute(
                f'create database "{target}" template "{source}" strategy file_copy owner "{owner}"'
            )
            await connection.execute(f'grant connect on database "{target}" to "{app}", "{relay}"')
        finally:
            await connection.close()


@pytest_asyncio.fixture
async def backup(postgres_admin_url: str) -> AsyncIterator[Backup]:
    made = Backup(postgres_admin_url)
    yield made
    await databases.drop(postgres_admin_url, made.name)


async def rename(example: ExampleService, thing: UUID) -> None:
    """Change a thing once, and say so."""
    (row,) = await example.sql("select tenant_id from things where thing_id = $1", thing)

    async def change(_: None, uow: ExampleUnitOfWork) -> None:
        found = await uow.thing(thing)
        found.rename(str(new_id()))
        await uow.save(found)

    await example.bus.execute(Message("test", str(new_id()), frozenset({row["tenant_id"]})), change, None)


async def all_sent(example: ExampleService, log: Log) -> None:
    """Have the relay send what there is."""
    relay = example.relay(log.bootstrap, log.prefix)
    await relay.start()

    async def sent() -> bool:
        return not (await example.sql("select count(*) from outbox"))[0][0]

    await eventually(sent)
    await relay.stop()


async def newest(log: Log) -> dict[str, Event[ThingChanged]]:
    """Of each thing what a reader keeps who keeps what was said at the highest sequence."""
    found: dict[str, Event[ThingChanged]] = {}
    for record in await log.read(TOPIC):
        event = from_message(record.headers, record.value or b"", KNOWN)
        if event.data.key not in found or found[event.data.key].sequence < event.sequence:
            found[event.data.key] = event
    return found


async def restored(
    example: ExampleService,
    log: Log,
    moment: datetime,
    *own_events: OwnEvent,
    announcements: tuple[Announcement, ...] = (),
) -> Restored:
    restorer = Restorer(
        *(example.database, example.waker, example.clock),
        service="example",
        bootstrap=log.bootstrap,
        topic_prefix=log.prefix,
        own_topics=[TOPIC],
        heard_topics=[TOPIC, OTHER_TOPIC],
    )
    return await restorer.restore(moment, own_events, announcements, NO_LAG)


async def end_what_is_gone(event: Event[ThingChanged], transaction: Transaction) -> None:
    uow = ExampleUnitOfWork(transaction)
    said = event.data
    try:
        await uow.thing(said.thing_id)
    except Exception:  # noqa: BLE001 - it is not there
        over = ThingEnded(thing_id=said.thing_id, tenant_id=said.tenant_id, number=0)
        transaction.publish(over, sequence=event.sequence)
        await transaction.note_lost(said, said.thing_id)


ENDS = OwnEvent(ThingChanged, end_what_is_gone, lambda said: for_tenants(said.tenant_id))


async def test_what_is_said_after_a_restore_is_the_newest_to_those_who_heard_more(
    example: ExampleService, log: Log, backup: Backup
) -> None:
    (thing,) = await have_things(example, tenants=1, each=1)
    await backup.take(example)
    for _ in range(3):
        await rename(example, thing)
    await all_sent(example, log)
    assert (await newest(log))[str(thing)].data.number == 4
    await backup.restore(example)

    await restored(example, log, backup.moment)
    await rename(example, thing)
    await all_sent(example, log)

    kept = (await newest(log))[str(thing)]
    assert (kept.data.number, kept.sequence) == (2, SEQUENCES_OF_AN_EPOCH + 2)


async def test_the_state_restored_to_is_told_to_those_who_heard_more(
    example: ExampleService, log: Log, backup: Backup
) -> None:
    (thing,) = await have_things(example, tenants=1, each=1)
    await backup.take(example)
    await rename(example, thing)
    await all_sent(example, log)
    await backup.restore(example)

    done = await restored(example, log, backup.moment, announcements=(THINGS,))
    await all_sent(example, log)

    assert done.announced == 1
    assert (await newest(log))[str(thing)].data.number == 1


async def test_an_epoch_begins_once_for_a_moment_and_above_all_that_was_heard(
    example: ExampleService, log: Log, backup: Backup
) -> None:
    (thing,) = await have_things(example, tenants=1, each=1)
    await backup.take(example)

    assert (await restored(example, log, backup.moment)).epoch == 1
    assert (await restored(example, log, backup.moment)).epoch == 1
    await rename(example, thing)
    await all_sent(example, log)
    await backup.restore(example)  # to before the first restore was known

    assert (await restored(example, log, backup.moment)).epoch == 2


async def test_what_the_restored_database_has_not_heard_is_heard_again_and_the_rest_once(
    example: ExampleService, log: Log, backup: Backup
) -> None:
    key = new_id()
    async with consuming(example, log):
        await log.write(changed(key, 1))
        await eventually(lambda: has_effects(example, key, [1]))
    await backup.take(example)
    async with consuming(example, log):
        await log.write(changed(key, 2), changed(key, 3))
        await eventually(lambda: has_effects(example, key, [1, 2, 3]))
    await backup.restore(example)

    async with consuming(example, log):  # so it was without the step: what is committed is not heard again
        await log.write(changed(key, 4))
        await eventually(lambda: has_effects(example, key, [1, 4]))
    done = await restored(example, log, backup.moment)
    async with consuming(example, log):
        await eventually(lambda: has_effects(example, key, [1, 4, 2, 3]))

    assert done.read_again >= 3


async def test_what_is_gone_is_ended_in_others_once_and_named(
    example: ExampleService, log: Log, backup: Backup
) -> None:
    (known,) = await have_things(example, tenants=1, each=1)
    await backup.take(example)
    (gone,) = await have_more(example)
    await rename(example, known)
    await rename(example, gone)
    await all_sent(example, log)
    await backup.restore(example)

    first = await restored(example, log, backup.moment, ENDS)
    second = await restored(example, log, backup.moment, ENDS)
    await all_sent(example, log)

    assert first.lost == second.lost == [("thing.changed.v1", str(gone))]
    said = await newest(log)
    assert said[str(gone)].type == "thing.ended.v1"
    assert said[str(known)].type == "thing.changed.v1"
    ends = [each for each in await log.read(TOPIC) if (b"thing.ended.v1") in dict(each.headers).values()]
    assert len(ends) == 1


async def test_what_could_not_be_settled_is_told_and_settled_when_it_is_run_again(
    example: ExampleService, log: Log, backup: Backup
) -> None:
    await have_things(example, tenants=1, each=1)
    await backup.take(example)
    (gone,) = await have_more(example)
    await rename(example, gone)
    await all_sent(example, log)
    await backup.restore(example)

    async def fail(_: Event[ThingChanged], __: Transaction) -> None:
        raise RuntimeError

    failing = OwnEvent(ThingChanged, fail, ENDS.tenants)
    first = await restored(example, log, backup.moment, failing)
    second = await restored(example, log, backup.moment, ENDS)

    assert dict(first.failed) == {"thing.changed.v1: RuntimeError": 1}
    assert (second.failed.total(), len(second.lost)) == (0, 1)


async def test_what_others_say_of_a_lost_thing_is_passed_over(example: ExampleService, log: Log) -> None:
    lost, other = new_id(), new_id()
    await example.sql(
        "insert into lost_aggregates (key, topic, type) values ($1, 'a topic', 'a type')", str(lost)
    )
    # Neither can be taken: the table of their effects is away.
    await example.sql("alter table effects rename to effects_away")
    async with consuming(example, log):
        await log.write(changed(lost, 1), changed(other, 1))

        async def both_passed() -> bool:
            return sum((await log.committed("example", TOPIC)).values()) == 2

        await eventually(both_passed)

    rows = await example.sql("select key from parked_messages")
    assert [row["key"] for row in rows] == [str(other)]


async def test_a_group_that_is_at_work_is_not_moved(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewinding, "_LEFT_WITHIN", 2.0)
    key, before = new_id(), datetime.now(UTC)
    async with consuming(example, log):
        await log.write(changed(key, 1))
        await eventually(lambda: has_effects(example, key, [1]))

        async def committed() -> bool:
            return sum((await log.committed("example", TOPIC)).values()) == 1

        await eventually(committed)
        with pytest.raises(GroupAtWorkError):
            await restored(example, log, before)


async def have_more(example: ExampleService) -> list[UUID]:
    """One more thing of a new tenant."""
    thing = new_id()
    await example.sql("insert into things values ($1, $2, 'a thing', 1)", new_id(), thing)
    return [thing]
