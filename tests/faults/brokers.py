"""Cells of three brokers that keep three copies, two of them in step: some are lost, one is frozen."""

import asyncio
import time
from collections import Counter
from contextlib import suppress

import psutil
from aiokafka.admin import AIOKafkaAdminClient

from tests.faults.outage import clients_go_on
from tests.faults.stage import Stage
from wex.platform import Platform

EVENTS = "bookings.events"


async def lost_broker(stage: Stage) -> str:
    """F26: one of the three is killed and stays away; leaders and coordinators move to the others."""
    return await _kill(stage, 1)


async def lost_majority(stage: Stage) -> str:
    """F27: two of the three are killed: what is sent waits, and nothing of it is lost."""
    return await _kill(stage, 2)


async def moving_leaders(stage: Stage) -> str:
    """F7: each broker ends gracefully and starts again: clients are told NOT_LEADER and NOT_COORDINATOR."""
    platform, names = stage.scenario.platform, list(stage.scenario.platform.shape.nodes)
    stage.draw.shuffle(names)
    async with clients_go_on(stage):
        for name in names:
            await asyncio.sleep(stage.draw.uniform(0.5, 2))
            await platform.restart(name)
        stage.mended_at = time.monotonic()
    return f"{', '.join(names)} restarted"


async def frozen_leader(stage: Stage) -> str:
    """F28: the broker that leads most of the bookings' events stands still, beyond its session."""
    draw, platform = stage.draw, stage.scenario.platform
    leader = await _leader(platform)
    async with clients_go_on(stage):
        moment, seconds = draw.uniform(0, 1.5), draw.uniform(3, 16)
        await asyncio.sleep(moment)
        process = psutil.Process(platform.pid(leader))
        process.suspend()
        await asyncio.sleep(seconds)
        stage.mended_at = time.monotonic()
        with suppress(psutil.NoSuchProcess):
            process.resume()
    return f"{leader} stood still at {moment:.2f} s for {seconds:.2f} s"


async def _kill(stage: Stage, count: int) -> str:
    draw, platform = stage.draw, stage.scenario.platform
    names = draw.sample(platform.shape.nodes, count)
    async with clients_go_on(stage):
        moment, away = draw.uniform(0, 1.5), draw.uniform(3, 16)
        await asyncio.sleep(moment)
        for name in names:
            platform.kill(name)
        await asyncio.sleep(away)
        stage.mended_at = time.monotonic()
        await asyncio.gather(*(platform.start(name) for name in names))
    return f"{' and '.join(names)} killed at {moment:.2f} s for {away:.2f} s"


async def _leader(platform: Platform) -> str:
    """The name of the broker that leads most partitions of the bookings' events; the n-th has the id n."""
    admin = AIOKafkaAdminClient(bootstrap_servers=platform.addresses.kafka)
    await admin.start()
    try:
        (described,) = await admin.describe_topics([EVENTS])
    finally:
        await admin.close()
    leaders = Counter(int(partition["leader"]) for partition in described["partitions"])
    return platform.shape.nodes[leaders.most_common(1)[0][0] - 1]
