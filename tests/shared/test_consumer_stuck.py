"""A consumer that no longer gets on is seen."""

import asyncio

import pytest
from aiokafka.errors import KafkaError

from shared.kernel import new_id
from shared.messaging import kafka
from shared.messaging.consumer import Consumer
from shared.messaging.heartbeat import Heartbeat
from tests.infra.polling import eventually
from tests.shared.consuming import (
    changed,
    consuming,
    slowly,
)
from tests.shared.example_service import (
    ExampleService,
    ExampleUnitOfWork,
)
from tests.shared.log import Log


def is_stuck(heartbeat: Heartbeat) -> bool:
    return heartbeat.stuck


async def test_a_hung_message_is_seen_although_the_loop_goes_round(example: ExampleService, log: Log) -> None:
    begun, finish = asyncio.Event(), asyncio.Event()
    async with consuming(example, log, slowly(begun, finish)) as consumer:
        await log.write(changed(new_id(), 1))
        await asyncio.wait_for(begun.wait(), 60)
        await eventually(lambda: consumer.heartbeat.idle_seconds > 0.7)
        assert not is_stuck(consumer.heartbeat)
        for hand in consumer._in_progress.values():
            hand.heartbeat.limit = 0.5
        # On a busy machine the loop itself may have gone round longest ago, for a moment.
        await eventually(lambda: is_stuck(consumer.heartbeat))
        finish.set()
        await eventually(lambda: consumer.heartbeat.idle_seconds < 0.7 and not is_stuck(consumer.heartbeat))


def test_a_service_that_hears_nothing_is_never_stuck(example: ExampleService) -> None:
    consumer: Consumer[ExampleUnitOfWork] = Consumer(
        example.database, example.bus, [], "nowhere:1", service="example"
    )
    consumer._heartbeat._at -= 1_000

    assert not consumer.heartbeat.stuck
    assert consumer.waiting_for_group() is None


def test_a_loop_is_stuck_after_its_limit_and_no_longer_when_it_went_round() -> None:
    heartbeat = Heartbeat("test", limit=10)
    assert not is_stuck(heartbeat)
    heartbeat._at -= 11
    assert is_stuck(heartbeat)
    heartbeat.beat()
    assert not is_stuck(heartbeat)


class DeafClient:
    """A client that gives nothing, whatever lies in the log."""

    def __init__(self, position: int, end: int) -> None:
        self.at, self.end = position, end

    def assignment(self) -> frozenset[str]:
        return frozenset({"partition"})

    async def position(self, _: str) -> int:
        return self.at

    async def end_offsets(self, partitions: frozenset[str]) -> dict[str, int]:
        return dict.fromkeys(partitions, self.end)


async def test_a_deaf_client_is_noticed_and_a_quiet_log_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "QUIET", 0.0)
    quiet, deaf = kafka.Watch(DeafClient(5, 5)), kafka.Watch(DeafClient(5, 9))
    for _ in range(3):
        await quiet.look(busy=False)

    await deaf.look(busy=False)
    await deaf.look(busy=True)
    await deaf.look(busy=False)
    with pytest.raises(KafkaError):
        await deaf.look(busy=False)
