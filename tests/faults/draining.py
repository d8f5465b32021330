"""Waiting, to a deadline, until nothing is on its way any more."""

import asyncio
import time

import asyncpg
from aiokafka.errors import KafkaError

from tests.faults.world import World

DRAINED_WITHIN = 60.0
SLOWEST = 250  # events a second every group at least reads again, on a machine that does other things too


async def drain(world: World, sessions: list[str], *, heard_again: int = 0) -> None:
    """Wait until nothing is on its way: outboxes empty, groups at the end, nothing undecided.

    Longer by what so many events take that the groups hear again.
    """
    began = time.monotonic()
    end = began + DRAINED_WITHIN + heard_again / SLOWEST
    while time.monotonic() < end:
        try:
            ends = await world.log.ends()
            if not await world.log.behind(ends):
                still = sum((await world.rows.outboxes()).values()) + await world.rows.undecided(sessions)
                still += await world.rows.unassessed()
                still += await world.rows.undelivered(at_once=time.monotonic() > began + 3)
                if not still and await world.log.ends() == ends:
                    return
        except (KafkaError, OSError, asyncpg.PostgresError):
            pass
        await asyncio.sleep(0.2)
