"""Kills every process of the platform with -9 in the middle of a journey, and counts the ledger after.

`python -m tests.system.kills [--seed N] [VICTIM ...]` walks one whole journey per victim: the ten
service processes, Kafka and PostgreSQL. Each is killed during a step drawn by the seed, started again,
and the journey must end with the very ledger it would have had.
"""

import argparse
import asyncio
import io
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from wex.journey.credit import expected_minutes
from wex.journey.main import STEPS, run
from wex.journey.platforms import LocalPlatform
from wex.journey.state import Step, Walk
from wex.platform import Platform

DOWN_SECONDS = 0.5
_LEDGER = """
    select count(*), coalesce(sum(minutes), 0) from ledger_entries
    where institution_id = $1 and kind = 'credited'
"""


@dataclass(frozen=True)
class Trial:
    """One journey with one kill: what was expected of the ledger, and what it held."""

    victim: str
    step: str
    code: int
    credits: int
    minutes: int
    seconds: float
    told: str

    @property
    def held(self) -> bool:
        """Whether every step held and the ledger is right to the minute."""
        return self.code == 0 and self.minutes == expected_minutes() and self.credits == 24


class Killer:
    """Kills one process while one step is walked, and starts it again."""

    def __init__(self, platform: Platform, victim: str, step: Step, delay: float) -> None:
        self._platform, self._victim, self._step, self._delay = platform, victim, step, delay
        self.task: asyncio.Task[None] | None = None
        self.school = ""

    async def before(self, step: Step, walk: Walk) -> None:
        """Begin the kill together with its step."""
        self.school = str(walk.school.organisation or "")
        if step is self._step:
            self.task = asyncio.create_task(self._kill())

    async def _kill(self) -> None:
        await asyncio.sleep(self._delay)
        self._platform.kill(self._victim)
        await asyncio.sleep(DOWN_SECONDS)
        await self._platform.start(self._victim)


async def trial(platform: Platform, victim: str, draw: random.Random) -> Trial:
    """One journey in which `victim` is killed during a step drawn by chance."""
    # The first and the last steps prepare and look back: the kill falls between them.
    step = draw.choice(STEPS[1:-3])
    killer = Killer(platform, victim, step, draw.uniform(0, 0.05))
    told, began = io.StringIO(), time.monotonic()
    code = await run(LocalPlatform(platform), Console(file=told, width=200), killer.before)
    if killer.task is not None:
        await killer.task
    credited, minutes = await _ledger(platform, killer.school)
    return Trial(
        victim,
        f"{step.number} {step.title}",
        code,
        credited,
        minutes,
        time.monotonic() - began,
        told.getvalue(),
    )


async def _ledger(platform: Platform, school: str) -> tuple[int, int]:
    """What lies in the ledger, read past the services: as the database's superuser."""
    url = f"{platform.addresses.postgres.rsplit('/', 1)[0]}/wex_outcomes"
    connection = await asyncpg.connect(url)
    try:
        (row,) = await connection.fetch(_LEDGER, school)
        return int(row[0]), int(row[1])
    finally:
        await connection.close()


async def main(victims: list[str], seed: int) -> int:
    """Kill each victim in a journey of its own; how many journeys did not hold."""
    console = Console()
    draw = random.Random(seed)
    trials: list[Trial] = []
    with tempfile.TemporaryDirectory(prefix="wex-kills-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        async with Platform(Path(folder) / "wex", durable=True) as platform:
            chosen = victims or [name for name in platform.names if name != "edge"]
            with Progress(console=console) as progress:
                task = progress.add_task("journeys", total=len(chosen))
                for victim in chosen:
                    progress.update(task, description=f"killing {victim}")
                    trials.append(await trial(platform, victim, draw))
                    progress.advance(task)
    _show(console, trials, seed)
    return sum(not each.held for each in trials)


def _show(console: Console, trials: list[Trial], seed: int) -> None:
    table = Table("killed with -9", "during step", "journey", "credits", "minutes", "s", title=f"seed {seed}")
    for each in trials:
        table.add_row(
            each.victim, each.step, "held" if each.held else "[red]broke", str(each.credits),
            f"{each.minutes} of {expected_minutes()}", f"{each.seconds:.1f}",
        )  # fmt: skip
    console.print(table)
    for each in trials:
        if not each.held:
            console.print(each.told)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("victims", nargs="*", help="Processes to kill; all of them without")
    parser.add_argument("--seed", type=int, default=1, help="Draws the steps and moments")
    arguments = parser.parse_args()
    sys.exit(asyncio.run(main(arguments.victims, arguments.seed)))
