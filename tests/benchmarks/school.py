"""A provider with sessions and a school with learners on a platform: what bookings are made of."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

from tests.benchmarks.run import Run
from wex.journey import school, supply
from wex.journey.clients import Clients
from wex.journey.platforms import LocalPlatform
from wex.journey.receiver import Receiver
from wex.journey.state import Walk
from wex.platform import Platform

_YEAR_NINE = 61  # of the roster, all but one


@contextlib.asynccontextmanager
async def walking(platform: Platform) -> AsyncIterator[Walk]:
    """Somebody to act for the provider, the school and the hub."""
    clients = Clients(platform.addresses.issuer, platform.api)
    try:
        yield Walk(LocalPlatform(platform), clients, Receiver())
    finally:
        await clients.close()


async def pairs_to_book(run: Run, walk: Walk, count: int) -> list[tuple[str, str]]:
    """So many pairs of session and learner, each session of a day of its own, neighbours in others."""
    run.console.print(f"preparing {count} bookings to be made")
    await supply.register_provider(walk)
    await supply.assure_provider(walk)
    days = [walk.today() + timedelta(days=14 + number) for number in range(-(-count // _YEAR_NINE))]
    _, sessions = await supply.publish(walk, supply.VISIT, days, places=_YEAR_NINE)
    await school.send_roster(walk)
    learners = walk.learners[:_YEAR_NINE]
    return [(session, learner) for learner in learners for session in sessions][:count]
