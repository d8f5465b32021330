"""A worker that comes back under its own name is known to its group."""

from aiokafka import AIOKafkaConsumer

from shared.messaging import kafka
from tests.infra.polling import eventually
from tests.shared.example_service import TOPIC
from tests.shared.log import Log


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
