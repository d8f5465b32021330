"""One trial: work on a stage, a fault, a fresh booking after it, a drain with a deadline, the checkers."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.architecture.test_ids import SUBSCRIPTIONS
from tests.faults.agreeing import disagreements
from tests.faults.cells import CELLS, TWO_OF_EACH
from tests.faults.checkers import CONFIRMED_WITHIN, violations
from tests.faults.draining import drain
from tests.faults.scenario import Scenario
from tests.faults.seen import Seen
from tests.faults.stage import AT_ONCE, Stage, set_stage
from wex.platform import Platform
from wex.shape import Shape

# What concerns no organisation is told to none (I10 looks at what is); only a provider's name is on offers.
_CHOOSE = {"when_anything_happens_tell_endpoints", "when_organisation_recorded_relist"}


@dataclass
class Trial:
    """What came of one trial; the seed and the cell bring it about again."""

    cell: str
    seed: int
    fault: str = ""
    seconds: float = 0.0
    confirmed_after: float | None = None
    violations: list[str] = field(default_factory=list)
    clients_saw: dict[str, int] = field(default_factory=dict)  # answers by status and slug, and silences
    slowest_answer: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


async def run(
    scenario: Scenario,
    cell: str,
    seed: int,
    *,
    at_once: int = AT_ONCE,
    carry_out: Callable[[Stage], Awaitable[str]] | None = None,
) -> Trial:
    """Carry out one trial on a platform that is well, and leave it well.

    `at_once` sessions take place together, for this trial and the next ones. `carry_out` is done in place of
    the table's cell.
    """
    trial, draw, began = Trial(cell, seed), random.Random(f"{cell}:{seed}"), time.monotonic()
    try:
        stage = await set_stage(scenario, seed, draw, at_once=at_once)
        trial.facts = stage.facts
        seen = Seen()
        try:
            trial.fault = await (carry_out or CELLS[cell].carry_out)(stage)
            trial.confirmed_after = seen.confirmed_after = await _fresh_booking(stage)
        except* Exception as group:  # noqa: BLE001 - it is told, and so is what is left
            trial.violations += _told(group)
        await drain(scenario, stage.sessions)
        await observe(stage, seen)
        trial.violations += violations(seen)
    except* Exception as group:  # noqa: BLE001 - whatever it is is told, and other trials follow
        trial.violations += _told(group)
    heard = scenario.insist.heard
    trial.clients_saw, trial.slowest_answer = dict(sorted(heard.counts.items())), round(heard.slowest, 2)
    trial.seconds = time.monotonic() - began
    return trial


def _told(group: BaseExceptionGroup[Exception]) -> list[str]:
    return [f"I12: {type(error).__name__}: {error}" for error in _leaves(group)]


def _leaves(error: BaseException) -> Iterator[BaseException]:
    """The errors themselves, out of groups within groups."""
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


async def _fresh_booking(stage: Stage) -> float | None:
    """Seconds from the beginning of the mending to the confirmation of a booking asked for now, or None."""
    began = stage.mended_at or time.monotonic()
    ask = await stage.ask(0, stage.spare, 3)
    while time.monotonic() - began < CONFIRMED_WITHIN:
        states = {b.id: b.state for b in await stage.scenario.rows.bookings([stage.spare])}
        if states.get(ask.booking) == "confirmed":
            return time.monotonic() - began
        await asyncio.sleep(0.1)
    return None


async def observe(stage: Stage, seen: Seen) -> None:
    """Read everything the checkers look at."""
    scenario = stage.scenario
    seen.asks, seen.changed_tables, seen.broken = stage.asks, stage.changed_tables, stage.broken
    seen.bookings = await scenario.rows.bookings(stage.sessions)
    ids = [booking.id for booking in seen.bookings]
    seen.places = await scenario.rows.places(stage.sessions)
    seen.adults = {stage.supervised: stage.adult_is_clear}
    seen.clearances = await scenario.rows.clearances(ids)
    seen.copies = await scenario.rows.copies(ids)
    told = await scenario.log.read()
    await _observe_credit(stage, seen)
    seen.answers, seen.foreign = scenario.insist.heard.answers, stage.foreign
    seen.owners = {learner: s.id for s in scenario.schools for learner in [*s.learners, *s.crowd]}
    seen.owners |= {booking.id: booking.institution for booking in seen.bookings}
    seen.marks, seen.said = scenario.marks, await scenario.sayings.more()
    mine, learners = set(stage.sessions), set(seen.accounts)
    seen.told = [
        each
        for each in told
        if (
            each.data.get("session_id") in mine
            or each.data.get("booking_id") in set(ids)
            or each.key in learners
        )
        and each.id not in stage.forged
    ]
    seen.hears, seen.claims = _hears(), await scenario.rows.claims([each.id for each in seen.told])
    seen.overdue = await scenario.rows.overdue(scenario.platform.clock_ahead())
    seen.waiting, seen.parked = await scenario.rows.outboxes(), await scenario.rows.parked()
    seen.disagreements = await disagreements(scenario.rows, stage.sessions)
    seen.partner = str(scenario.schools[0].leader.organisation)
    seen.received = [
        (message, body["type"], body["data"].get("booking_id", ""), int(body["data"]["sequence"]))
        for message, body in scenario.receiver.received
    ]


def _hears() -> dict[str, list[str]]:
    """Which subscriptions hear each type of event, without those that pass some over by their rules."""
    hears: dict[str, list[str]] = {}
    for service, subscriptions in SUBSCRIPTIONS.items():
        for name, types in subscriptions.items():
            for kind in () if name in _CHOOSE else types:
                hears.setdefault(kind, []).append(f"{service}: {name}")
    return hears


async def _observe_credit(stage: Stage, seen: Seen) -> None:
    rows, learners = stage.scenario.rows, [learner for group in stage.over.learners for learner in group]
    seen.attended, seen.ledger = stage.over.attended, await rows.ledger(learners)
    seen.booked = await rows.booked([entry.booking for entry in seen.ledger])
    seen.accounts, seen.totals = await rows.accounts(learners), await rows.totals(learners)


def platform_in(folder: Path, shape: Shape = TWO_OF_EACH) -> Platform:
    """The platform the trials are run on."""
    return Platform(folder, durable=True, topic_partitions=3, shape=shape)
