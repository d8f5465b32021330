"""F10: members come into a service's group and go, each holding partitions it does not work on."""

import asyncio
import time
from contextlib import suppress

import psutil
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from tests.faults.outage import clients_go_on
from tests.faults.stage import Stage

GROUPS = ("outcomes", "safeguarding")
EVERY = 2.0  # seconds a member stays


async def rebalance_storm(stage: Stage) -> str:
    """F10: every two seconds a member joins or leaves; now and then a worker stands still meanwhile."""
    draw, platform = stage.draw, stage.scenario.platform
    group, turns, slow = draw.choice(GROUPS), draw.randint(3, 6), draw.random() < 0.5
    topics = {partition.topic for partition in await stage.scenario.log.committed(group)}
    worker = psutil.Process(platform.pid(draw.choice(platform.of_each("worker")[group])))
    async with clients_go_on(stage):
        if slow:
            worker.suspend()
        try:
            for _ in range(turns):
                await _join_and_leave(platform.addresses.kafka, group, topics)
        finally:
            stage.mended_at = time.monotonic()
            with suppress(psutil.NoSuchProcess):
                worker.resume()
    return f"{turns} members of {group} came and went{', one worker stood still' if slow else ''}"


async def _join_and_leave(bootstrap: str, group: str, topics: set[str]) -> None:
    """It is given partitions, reads what lies there, and commits nothing."""
    member = AIOKafkaConsumer(
        *topics, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False,
        session_timeout_ms=10_000, auto_offset_reset="earliest",
    )  # fmt: skip
    until = time.monotonic() + EVERY
    with suppress(KafkaError, TimeoutError):
        await asyncio.wait_for(member.start(), 30)
        while time.monotonic() < until:
            await member.getmany(timeout_ms=200)
    await member.stop()
