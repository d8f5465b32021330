"""The cells of the fault matrix: what is broken in a trial, when, and how it is healed."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import psutil

from shared.failpoints import POINTS
from tests.faults.brokers import frozen_leader, lost_broker, lost_majority, moving_leaders
from tests.faults.clients import TRY_FOR
from tests.faults.clocks import skewed_clocks
from tests.faults.crowd import rush
from tests.faults.cutting import cut_relay
from tests.faults.full_disk import full_disk
from tests.faults.hearing import delivered_again, read_from_zero, unreadable_message
from tests.faults.outage import clients_go_on
from tests.faults.partition import broken_link
from tests.faults.pool import storm_on_the_pool
from tests.faults.rebalancing import rebalance_storm
from tests.faults.stage import Stage
from tests.faults.switchover import promoted_standby
from tests.faults.tenants import mixed_tenants
from tests.infra.another import another
from wex.platform import Platform
from wex.shape import Shape

TWO_OF_EACH = Shape(of_each=2, linked=True)
IN_STEP = Shape(of_each=2, brokers=3, standby=True)  # nothing is kept in one place alone
# A connection is waited for 5 s and a statement 10 s; giving either up may take as long again.
ANSWERED_WITHIN = 32.0


async def failpoint(stage: Stage) -> str:
    """F1: one process fails at one named point: ends, hangs for a while, or raises."""
    draw, platform = stage.draw, stage.scenario.platform
    point = sorted(POINTS)[stage.seed % len(POINTS)]  # seeds one after the other visit every point
    action = draw.choice(["kill9", "hang", "raise"])
    name = draw.choice(_of_its_kind(platform, draw.choice(_who_passes(point))))
    chance = 1.0 if point == "C5" else draw.choice([1.0, 0.5, 0.2])  # C5 is come by once or twice
    # Whoever starts first has all of the relay's shards, and of the two it is to be this one.
    others = [each for each in _of_its_kind(platform, name) if each != name] if point[0] == "R" else []
    for each in (name, *others):
        await platform.stop(each)
    await platform.start(name, WEX_FAIL=f"{point}:{action}:{chance}")
    for each in others:
        await platform.start(each)
    working = asyncio.create_task(_work(stage, name if point == "C5" else None))
    log, size = platform.log(name), await asyncio.to_thread(_size, platform.log(name))
    fired = await _heal_while(working, stage, name)
    await working
    fired = fired or "FailedOnPurpose" in await asyncio.to_thread(_from, log, size)
    if not fired:
        await platform.restart(name)
    return f"{point} {action} {chance:g} in {name}{'' if fired else ' (not reached)'}"


def _who_passes(point: str) -> list[str]:
    if point in ("A1", "A2", "A3", "A4"):
        return ["bookings-api"]
    if point in ("W1", "W2"):
        return ["integrations-worker"]
    return ["bookings-worker", "safeguarding-worker", "outcomes-worker"]


def _of_its_kind(platform: Platform, name: str) -> list[str]:
    service, role = name.split("-")[:2]
    return platform.of_each(role)[service]


async def _work(stage: Stage, joined: str | None) -> None:
    """The work on the stage; meanwhile another process comes into the group of `joined`, and goes."""
    async with asyncio.TaskGroup() as group:
        group.create_task(stage.work())
        if joined is not None:
            group.create_task(_come_and_go(stage.scenario.platform, joined))


async def _come_and_go(platform: Platform, name: str) -> None:
    async with another(platform, name):
        pass


def _size(log: Path) -> int:
    return log.stat().st_size


def _from(log: Path, offset: int) -> str:
    return log.read_bytes()[offset:].decode(errors="replace")


async def _heal_while(working: "asyncio.Task[None]", stage: Stage, name: str) -> bool:
    """Watch for the failure while the work goes on, and a moment longer; mend it after a moment."""
    draw, platform = stage.draw, stage.scenario.platform
    after, pause, revive = 1.5, draw.uniform(0.1, 1.0), draw.random() < 0.5
    while after > 0:
        if name not in platform.running:
            await asyncio.sleep(pause)
            stage.mended_at = time.monotonic()
            await platform.start(name)
            return True
        if _is_stopped(platform.pid(name)):
            await asyncio.sleep(pause * 4)
            stage.mended_at = time.monotonic()
            if revive:
                os.kill(platform.pid(name), signal.SIGCONT)
            else:
                platform.kill(name)
                await platform.start(name)
            return True
        await asyncio.sleep(0.05)
        after -= 0.05 * working.done()
    return False


def _is_stopped(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:  # it ended a moment ago
        return False


async def killed_process(stage: Stage) -> str:
    """F2: kill -9 of any service's process, at any moment."""
    platform = stage.scenario.platform
    return await _kill(stage, stage.draw.choice(platform.shape.processes(platform.services)))


async def rolling_restart(stage: Stage) -> str:
    """F3: the processes of a service end gracefully and start again in turn, while clients go on."""
    platform = stage.scenario.platform

    async def roll(names: list[str]) -> None:
        stage.draw.shuffle(names)
        for name in names:
            await platform.restart(name)

    services = [
        platform.of_each("api")[service] + platform.of_each("worker")[service]
        for service in platform.services
    ]
    async with clients_go_on(stage):
        await asyncio.gather(*(roll(names) for names in services))
        stage.mended_at = time.monotonic()
    return f"{sum(map(len, services))} processes, those of one service in turn"


async def killed_postgres(stage: Stage) -> str:
    """F4: the database server is killed."""
    return await _kill(stage, "postgres")


async def frozen_postgres(stage: Stage) -> str:
    """F5: the database server stands still: who asks is answered within the deadlines all the same."""
    insist, most = stage.scenario.insist, stage.draw.choice([1, 3, 6, 12, 20, 30])
    seconds = most * stage.draw.uniform(0.8, 1)
    insist.try_for = 2 * ANSWERED_WITHIN
    try:
        told = await _freeze(stage, "postgres", seconds)
    finally:
        insist.try_for = TRY_FOR
    if insist.heard.slowest > ANSWERED_WITHIN:
        stage.broken.append(f"an answer took {insist.heard.slowest:.1f} s")
    stage.broken += insist.heard.undocumented()
    return told


async def lost_kafka(stage: Stage) -> str:
    """F6: the broker is killed, is away for longer than a send may take, or stands still."""
    chance = stage.draw.random()
    if chance < 0.5:
        return await _kill(stage, "kafka")
    if chance < 0.75:
        return await _kill(stage, "kafka", down=stage.draw.uniform(16, 19))
    return await _freeze(stage, "kafka", stage.draw.uniform(2, 12))


async def two_at_once(stage: Stage) -> str:
    """F24: two of the processes are killed together, the engines among them."""
    chosen = stage.draw.sample([name for name in stage.scenario.platform.names if name != "edge"], 2)
    return await _kill(stage, *sorted(chosen, key=["postgres", "kafka"].__contains__, reverse=True))


async def _kill(stage: Stage, *names: str, down: float | None = None) -> str:
    """Kill -9 at one moment; started again, engines first, after being away."""
    draw, platform = stage.draw, stage.scenario.platform
    moment, drawn = draw.uniform(0, 1.5), draw.uniform(0, 1.0)
    away = drawn if down is None else down
    working = asyncio.create_task(stage.work())
    await asyncio.sleep(moment)
    for name in names:
        platform.kill(name)
    await asyncio.sleep(away)
    stage.mended_at = time.monotonic()
    for name in names:
        await platform.start(name)
    await working
    return f"{' and '.join(names)} killed at {moment:.2f} s for {away:.2f} s"


async def _freeze(stage: Stage, name: str, seconds: float) -> str:
    """Stop a process and its children where they stand, and let them go on."""
    moment = stage.draw.uniform(0, 1.5)
    working = asyncio.create_task(stage.work())
    await asyncio.sleep(moment)
    process = psutil.Process(stage.scenario.platform.pid(name))
    family = [process, *process.children(recursive=True)]
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.suspend()
    await asyncio.sleep(seconds)
    stage.mended_at = time.monotonic()
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.resume()
    await working
    return f"{name} stood still at {moment:.2f} s for {seconds:.2f} s"


async def hasty_clients(stage: Stage) -> str:
    """F17: clients give up in the middle of a request and send it again with the same key."""
    stage.scenario.insist.hasty = stage.draw
    try:
        await stage.work()
    finally:
        stage.scenario.insist.hasty = None
    return "three tries of 1 to 40 ms before one that waits"


class Cell(NamedTuple):
    """What is broken, in words and in code, and on what platform."""

    fault: str
    carry_out: Callable[[Stage], Awaitable[str]]
    shape: Shape = TWO_OF_EACH


CELLS: dict[str, Cell] = {
    "F1": Cell("a process fails at a named point", failpoint),
    "F2": Cell("kill -9 of a service's process", killed_process),
    "F3": Cell("rolling restart of every process", rolling_restart),
    "F4": Cell("PostgreSQL killed", killed_postgres),
    "F5": Cell("PostgreSQL stands still", frozen_postgres),
    "F6": Cell("Kafka killed, away or frozen", lost_kafka),
    "F7": Cell("leaders and coordinators move", moving_leaders, IN_STEP),
    "F8": Cell("links broken, one way or both", broken_link),
    "F9": Cell("the disk is full", full_disk),
    "F10": Cell("a storm of rebalances", rebalance_storm),
    "F11": Cell("every event delivered again", delivered_again),
    "F12": Cell("every topic read from zero", read_from_zero),
    "F14": Cell("clocks differ, days unlike others", skewed_clocks),
    "F16": Cell("10,000 ask for 30 places", rush),
    "F17": Cell("clients give up and try again", hasty_clients),
    "F18": Cell("backends killed, requests given up", storm_on_the_pool),
    "F19": Cell("tenants mixed on one connection", mixed_tenants),
    "F24": Cell("two processes killed at once", two_at_once),
    "F29": Cell("a relay's connection cut in mid-batch", cut_relay),
    "F25": Cell("a standby promoted", promoted_standby, IN_STEP),
    "F26": Cell("one of three brokers lost", lost_broker, IN_STEP),
    "F27": Cell("two of three brokers lost", lost_majority, IN_STEP),
    "F28": Cell("the leading broker stands still", frozen_leader, IN_STEP),
    # Last: what it leaves in the log would be parked again by whoever reads or delivers it again.
    "F13": Cell("a message nobody can read", unreadable_message),
}
