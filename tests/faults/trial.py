"""One trial: a scene, a fault, a fresh booking after the heal, a drain with a deadline, the checkers."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from aiokafka.errors import KafkaError

from tests.faults.cells import CELLS
from tests.faults.checkers import CONFIRMED_WITHIN, PARTNER_HEARS, violations
from tests.faults.seen import Seen
from tests.faults.world import Scene, World, scene
from wex.journey.clients import StepFailed
from wex.platform import Platform
from wex.processes import ProcessError

DRAINED_WITHIN = 60.0


@dataclass
class Trial:
    """What came of one trial; the seed and the cell bring it about again."""

    cell: str
    seed: int
    fault: str = ""
    seconds: float = 0.0
    confirmed_after: float | None = None
    violations: list[str] = field(default_factory=list)


async def run(world: World, cell: str, seed: int) -> Trial:
    """Carry out one trial on a platform that is well, and leave it well."""
    trial, draw, began = Trial(cell, seed), random.Random(f"{cell}:{seed}"), time.monotonic()
    seen = Seen()
    try:
        stage = await scene(world, draw)
        trial.fault = await CELLS[cell][1](stage)
        trial.confirmed_after = seen.confirmed_after = await _fresh_booking(stage)
        await drain(world, stage.sessions)
        await observe(stage, seen)
        trial.violations += violations(seen)
    except (StepFailed, ProcessError, TimeoutError) as error:
        trial.violations.append(f"I12: {type(error).__name__}: {error}")
    trial.seconds = time.monotonic() - began
    return trial


async def _fresh_booking(stage: Scene) -> float | None:
    """Seconds until a booking asked for now is confirmed; None where it takes too long."""
    began = time.monotonic()
    ask = await stage.ask(0, stage.spare, 3)
    while time.monotonic() - began < CONFIRMED_WITHIN:
        states = {b.id: b.state for b in await stage.world.rows.bookings([stage.spare])}
        if states.get(ask.booking) == "confirmed":
            return time.monotonic() - began
        await asyncio.sleep(0.1)
    return None


async def drain(world: World, sessions: list[str]) -> None:
    """Wait until nothing is on its way: outboxes empty, groups at the end, nothing undecided."""
    end = time.monotonic() + DRAINED_WITHIN
    while time.monotonic() < end:
        try:
            ends = await world.log.ends()
            if not await world.log.behind(ends):
                still = sum((await world.rows.outboxes()).values()) + await world.rows.undecided(sessions)
                if not still and await world.log.ends() == ends:
                    return
        except (KafkaError, OSError, asyncpg.PostgresError):
            pass
        await asyncio.sleep(0.2)


async def observe(stage: Scene, seen: Seen) -> None:
    """Read everything the checkers look at."""
    world = stage.world
    seen.asks = stage.asks
    seen.bookings = await world.rows.bookings(stage.sessions)
    ids = [booking.id for booking in seen.bookings]
    seen.places = await world.rows.places(stage.sessions)
    seen.clearances = await world.rows.clearances(ids)
    seen.copies = await world.rows.copies(ids)
    told = await world.log.read()
    mine = set(stage.sessions)
    seen.told = [t for t in told if t.data.get("session_id") in mine or t.data.get("booking_id") in set(ids)]
    requests = [each.id for each in seen.told if each.type == "booking.requested.v1"]
    seen.claimed = await world.rows.claimed(requests)
    seen.waiting, seen.parked = await world.rows.outboxes(), await world.rows.parked()
    seen.partner = str(world.schools[0].leader.organisation)
    await _until_partner_heard(world, seen)


async def _until_partner_heard(world: World, seen: Seen) -> None:
    """Deliveries follow the events; one whose sender died is due again after its lease, here at once."""
    wanted = sum(
        each.type in PARTNER_HEARS and each.data.get("institution_id") == seen.partner
        for each in {t.id: t for t in seen.told}.values()
    )
    end = time.monotonic() + 10
    while time.monotonic() < end:
        seen.received = [
            (message, body["type"], body["data"].get("booking_id", ""), int(body["data"]["sequence"]))
            for message, body in world.receiver.received
        ]
        mine = {b.id for b in seen.bookings}
        if len({(k, b, s) for _, k, b, s in seen.received if b in mine}) >= wanted:
            return
        await asyncio.sleep(0.2)
        if time.monotonic() > end - 8:
            await world.rows.ask("integrations", "update webhook_queue set due_at = least(due_at, now())")


def platform_in(folder: Path) -> Platform:
    """The platform the trials are run on."""
    return Platform(folder, durable=True, topic_partitions=3)
