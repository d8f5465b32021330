"""Clients that go on while something is away, and what they were told meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.crowd import CROWD, go_on
from tests.faults.stage import Stage
from tests.infra.polling import eventually

BOOKED = "POST bookings"
_BEGAN = 10  # answers to those who book, before anything is broken


@asynccontextmanager
async def clients_go_on(stage: Stage) -> AsyncIterator[None]:
    """The stage's work and steady clients for as long as the block lasts; the facts tell what they saw.

    `outage` is the longest time without a booking answered, `server_errors` how often a client was told 5xx:
    of these none may be other than documented.
    """
    await stage.scenario.crowd(CROWD)  # by a hand of its own, which nothing may break
    heard, over = stage.scenario.insist.heard, asyncio.Event()
    going = asyncio.gather(go_on(stage, over), stage.work())
    try:
        await eventually(lambda: len(heard.answered[BOOKED]) >= _BEGAN)
        began = asyncio.get_running_loop().time()
        yield
    finally:
        over.set()
        await going
    stage.facts["outage"] = round(heard.longest_silence(BOOKED, since=began), 2)
    stage.facts["server_errors"] = sum(count for said, count in heard.counts.items() if said[0] == "5")
    stage.broken += heard.undocumented()
