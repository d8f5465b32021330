"""A worker that comes back under its own name is known to its group."""

from functools import partial

from aiokafka import AIOKafkaConsumer

from shared.kernel import new_id
from shared.messaging import kafka
from tests.infra.polling import eventually
from tests.shared.consuming import OTHER, changed, consuming, has_effects
from tests.shared.example_service import SUBSCRIPTIONS, TOPIC, ExampleService, OtherHappened
from tests.shared.log import Log, event


async def joined(log: Log, instance: str | None) -> AIOKafkaConsumer:
    client = kafka.consumer(log.bootstrap, f"{log.prefix}example", "example", instance)
    client.subscribe([log.prefix + TOPIC])
    await client.start()

    async def assigned() -> bool:
        assert client.assignment()
        return True

    await eventually(assigned)
    return client


async def generations(log: Log, instance: str | None) -> tuple[int, int]:
    """The group's, before a member ends and after it has come back: each regrouping counts one on."""
    before = await joined(log, instance)
    first = before._coordinator.generation
    await kafka.stop_quietly(before)
    after = await joined(log, instance)
    try:
        return first, after._coordinator.generation
    finally:
        await kafka.stop_quietly(after)


async def test_a_worker_that_comes_back_under_its_name_finds_the_group_as_it_was(log: Log) -> None:
    first, second = await generations(log, "example-worker")

    assert second == first


async def test_a_worker_without_a_name_is_a_stranger_each_time(log: Log) -> None:
    first, second = await generations(log, None)

    assert second > first


async def test_a_worker_that_comes_back_in_a_release_with_a_topic_more_hears_that_topic(
    example: ExampleService, log: Log
) -> None:
    before, after = new_id(), new_id()
    async with consuming(example, log, instance="example-worker"):
        await log.write(changed(before, 1))
        await eventually(partial(has_effects, example, before, [1]))
    async with consuming(example, log, [*SUBSCRIPTIONS, OTHER], instance="example-worker"):
        await log.write(event(OtherHappened(thing_id=after, tenant_id=after, number=2)))
        await eventually(partial(has_effects, example, after, [2]))
