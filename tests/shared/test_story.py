"""One aggregate's story: what a service said, heard and has still before it, without a word of content."""

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from shared.kernel import new_id
from shared.messaging.story import Line, story
from tests.infra.polling import eventually
from tests.shared.consuming import are_parked, changed, consuming, ended, has_effects, subscriptions
from tests.shared.example_service import OTHER_TOPIC, TOPIC, ExampleService, Note, OtherHappened
from tests.shared.log import Log, event

HEARD = "when_thing_changed_do"


async def tell(example: ExampleService, log: Log, subject: UUID, own: list[str] | None = None) -> list[Line]:
    return await story(
        example.database,
        log.bootstrap,
        log.prefix,
        own_topics=own or [],
        heard_topics=[TOPIC],
        subscriptions=[HEARD, "when_thing_ended_note_it"],
        subject=subject,
        since=datetime.now(UTC) - timedelta(hours=1),
    )


async def test_it_tells_what_was_said_and_heard_in_the_order_of_time(
    example: ExampleService, log: Log
) -> None:
    thing, another = new_id(), new_id()
    handles = subscriptions(lambda heard: Note(heard.data.thing_id, heard.data.number))
    async with consuming(example, log, handles):
        await log.write(changed(thing, 1), changed(another, 1))
        await log.write(event(OtherHappened(thing_id=another, tenant_id=thing, number=1)))
        await eventually(partial(has_effects, example, thing, [1]))
        await log.write(ended(thing, 2))
        await eventually(partial(has_effects, example, thing, [1, 2]))

    told = await tell(example, log, thing, own=[OTHER_TOPIC])

    assert [(line.act, line.what, line.by) for line in told if line.act == "heard"] == [
        ("heard", "thing.changed.v1", HEARD),
        ("heard", "thing.ended.v1", "when_thing_ended_note_it"),
    ]
    # It is another's event, and names the thing.
    assert [line.what for line in told if line.act == "said"] == ["other.happened.v1"]
    assert told == sorted(told)


async def test_it_tells_what_waits(example: ExampleService, log: Log) -> None:
    thing, missing = new_id(), new_id()
    handles = subscriptions(lambda heard: Note(heard.data.thing_id, heard.data.number, needs=missing))
    async with consuming(example, log, handles):
        await log.write(changed(thing, 1))
        await eventually(partial(are_parked, example, 1))
    await example.change(thing, 7)
    await example.sql(
        "insert into deadlines (name, subject_id, tenant_id, due_at) values ('overdue', $1, $1, now())", thing
    )

    told = {(line.act, line.what, line.by) for line in await tell(example, log, thing)}

    assert told == {
        ("set aside, waiting", "thing.changed.v1", HEARD),
        ("to be sent", "thing.changed.v1", ""),
        ("due", "overdue", ""),
    }


async def test_of_what_nobody_knows_it_tells_nothing(example: ExampleService, log: Log) -> None:
    assert await tell(example, log, new_id()) == []
