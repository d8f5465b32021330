"""Bugs planted into running processes, and how many trials go by until a checker finds each."""

import asyncio
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from tests.faults.bugs import BUGS
from tests.faults.checkers import violations
from tests.faults.planted import PLANTED, sound
from tests.faults.scenario import scenario_on
from tests.faults.trial import platform_in, run

MOST_TRIALS = 20


@dataclass(frozen=True)
class Hunt:
    """A bug, the kind of process it is planted into, and the fault that brings it out."""

    bug: str
    process: str
    cell: str


HUNTS = [
    Hunt("swallow_what_fails", "outcomes-worker", "F4"),
    Hunt("send_without_acknowledgement", "bookings-worker", "F6"),
    Hunt("answer_from_another", "bookings-api", "F17"),
    Hunt("forget_other_events", "outcomes-worker", "F17"),
    Hunt("log_the_body_of_what_failed", "outcomes-api", "F4"),
]


async def hunt(each: Hunt) -> tuple[int, list[str]]:
    """Trials until the bug was found (0: never), and what was found then."""
    with tempfile.TemporaryDirectory(prefix="wex-hunt-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        async with platform_in(Path(folder) / "wex") as platform, scenario_on(platform) as scenario:
            await scenario.next_that_took_place(MOST_TRIALS + 1)
            service, role = each.process.split("-")
            for name in platform.of_each(role)[service]:
                await platform.restart(name, through="tests.faults.bugs", WEX_BUG=each.bug)
            for number in range(1, MOST_TRIALS + 1):
                trial = await run(scenario, each.cell, number)
                if trial.violations:
                    return number, trial.violations
    return 0, []


def planted_table() -> Table:
    """Every bug planted into a sound trial's remains, and whether its checker finds it: at once, always."""
    table = Table("invariant", "bug left behind", "found by", title="Planted into what a sound trial leaves")
    for invariant, bug, plant in PLANTED:
        seen = sound()
        plant(seen)
        found = sorted({violation.partition(":")[0] for violation in violations(seen)})
        table.add_row(invariant, bug, ", ".join(found) if invariant in found else "[red]nobody")
    return table


def hunted_row(each: Hunt, trials: int, found: list[str]) -> Iterator[str]:
    """The bug, where it was planted, the cell, trials until it was found, and by which invariants."""
    yield (BUGS[each.bug].__doc__ or each.bug).strip()
    yield each.process
    yield each.cell
    yield str(trials) if trials else f"[red]not in {MOST_TRIALS}"
    yield ", ".join(sorted({violation.partition(":")[0] for violation in found}))
