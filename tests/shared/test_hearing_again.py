"""What the log keeps can be heard again, beside a worker that reads on: nothing takes effect twice."""

from datetime import UTC, datetime
from functools import partial

from shared.kernel import new_id
from shared.messaging.hearing_again import Choice, hear_again
from tests.infra.polling import eventually
from tests.shared.consuming import changed, consuming, ended, has_effects
from tests.shared.example_service import TOPIC, ExampleService
from tests.shared.log import Log

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


async def test_what_was_chosen_is_heard_again_and_only_what_was_missed_takes_effect(
    example: ExampleService, log: Log
) -> None:
    missed, other = new_id(), new_id()
    events = [changed(missed, 1), ended(missed, 2), changed(other, 1)]
    async with consuming(example, log) as consumer:
        await log.write(*events)
        await eventually(partial(has_effects, example, missed, [1, 2]))
        await eventually(partial(has_effects, example, other, [1]))
        # What a policy passed over by mistake has no claim and no effect.
        await example.sql("delete from inbox where message_id = any ($1)", [str(each.id) for each in events])
        await example.sql("delete from effects")

        async def hear(choice: Choice) -> int:
            return await hear_again(consumer.delivery, log.bootstrap, log.prefix, [TOPIC], choice)

        assert await hear(Choice(BEGINNING, key=str(missed), type="thing.ended.v1")) == 1
        assert await example.effects() == [2]
        assert await hear(Choice(BEGINNING, key=str(missed))) == 2
        assert await example.effects(missed) == [2, 1]
        assert await hear(Choice(BEGINNING)) == 3
        assert (await example.effects(missed), await example.effects(other)) == ([2, 1], [1])


async def test_what_was_said_before_the_moment_is_not_heard_again(example: ExampleService, log: Log) -> None:
    early, late = new_id(), new_id()
    async with consuming(example, log) as consumer:
        await log.write(changed(early, 1))
        await eventually(partial(has_effects, example, early, [1]))
        moment = (await log.read(TOPIC))[-1].timestamp / 1000 + 0.001
        await eventually(lambda: datetime.now(UTC).timestamp() > moment)
        await log.write(changed(late, 1))
        await eventually(partial(has_effects, example, late, [1]))
        await example.sql("delete from inbox")
        since = Choice(datetime.fromtimestamp(moment, UTC))
        assert await hear_again(consumer.delivery, log.bootstrap, log.prefix, [TOPIC], since) == 1
        assert (await example.effects(early), await example.effects(late)) == ([1], [1, 1])


async def test_what_fails_again_is_set_aside(example: ExampleService, log: Log) -> None:
    key = new_id()
    async with consuming(example, log) as consumer:
        await log.write_raw((TOPIC, str(key).encode(), b"{}", [("ce_type", b"thing.changed.v1")]))
        again = await hear_again(consumer.delivery, log.bootstrap, log.prefix, [TOPIC], Choice(BEGINNING))
        assert again == 1
        ((consumer_name, reason),) = await eventually(example.parked)
        assert (consumer_name, reason.split(":")[0]) == ("example", "malformed")
