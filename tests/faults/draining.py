"""Waiting, to a deadline, until nothing is on its way any more."""

import asyncio
import time

import asyncpg
from aiokafka.errors import KafkaError

from tests.faults.scenario import Scenario

DRAINED_WITHIN = 60.0
SLOWEST = 250  # events a second every group at least reads again, on a machine that does other things too


async def drain(scenario: Scenario, sessions: list[str], *, heard_again: int = 0) -> None:
    """Wait until nothing is on its way: outboxes empty, groups at the end, nothing undecided or set aside.

    Longer by what so many events take that the groups hear again.
    """
    began = time.monotonic()
    end = began + DRAINED_WITHIN + heard_again / SLOWEST
    while time.monotonic() < end:
        try:
            ends = await scenario.log.ends()
            if not await scenario.log.behind(ends):
                still = sum((await scenario.rows.outboxes()).values()) + await scenario.rows.undecided(
                    sessions
                )
                still += await scenario.rows.unassessed() + await scenario.rows.unreviewed()
                still += await scenario.rows.waiting()
                still += await scenario.rows.undelivered(at_once=time.monotonic() > began + 3)
                if not still and await scenario.log.ends() == ends:
                    return
        except (KafkaError, OSError, asyncpg.PostgresError):
            pass
        await asyncio.sleep(0.2)
