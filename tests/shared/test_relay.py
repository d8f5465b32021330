"""The relay: every committed event reaches the broker, each key in the order of its commits."""

import asyncio
import json
from uuid import UUID

from shared.kernel import new_id
from tests.infra.polling import eventually
from tests.shared.log import Log
from tests.shared.toy import TOPIC, Toy


async def numbers(log: Log, key: UUID | None = None) -> list[int]:
    records = await log.read(TOPIC)
    return [json.loads(r.value)["number"] for r in records if key is None or r.key == str(key).encode()]


async def test_events_of_a_key_leave_in_the_order_of_their_commits(toy: Toy, log: Log) -> None:
    keys = [new_id() for _ in range(5)]
    for number in range(1, 21):
        await asyncio.gather(*(toy.change(key, number) for key in keys))
    relay = toy.relay(log.bootstrap, log.prefix)
    await relay.start()

    await eventually(lambda: drained(toy))
    await relay.stop()

    for key in keys:
        assert await numbers(log, key) == list(range(1, 21))


async def drained(toy: Toy) -> bool:
    return not await toy.sql("select from outbox limit 1")
