"""Replays what is parked: tries everything that is set aside once more, each key in its order."""

import asyncio
import time
from typing import TypeVar

from shared.messaging.delivery import EventDelivery
from shared.messaging.parked import LEASE
from shared.messaging.retrier import SOON, Retrier

UnitOfWork = TypeVar("UnitOfWork")
_ONCE = 600.0  # seconds after which one that fails is tried again: not within one replay


async def replay(delivery: EventDelivery[UnitOfWork], key: str = "") -> tuple[int, int]:
    """Try what is parked (of one aggregate, or of all); returns how many were done and how many stay."""
    before = await delivery.parked.open(key)
    await delivery.parked.try_all(key)
    retrier = Retrier(delivery, first_rest=_ONCE)
    last_claimed = time.monotonic()
    # A worker beside this may have taken some of them up: what became of those is known within its lease.
    while time.monotonic() - last_claimed < LEASE and await delivery.parked.untried(key):
        if await retrier.retry():
            last_claimed = time.monotonic()
        else:
            await asyncio.sleep(SOON)
    stay = await delivery.parked.open(key)
    return max(0, before - stay), stay
