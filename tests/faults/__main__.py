"""`python -m tests.faults [--trials N] [--cell F1] [--seed S]`: trials of every cell, told in one table.

`--planted` shows instead that the checkers find bugs: in what a trial leaves, and in running processes.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.faults.cells import CELLS
from tests.faults.crowd import BOOKERS, BOOKERS_AGAIN
from tests.faults.hunt import HUNTS, hunt, hunted_row, planted_table
from tests.faults.scenario import Scenario, scenario_on
from tests.faults.trial import Trial, platform_in, run
from wex.folders import REPOSITORY
from wex.shape import Shape

_GIT = ("git", "-C", str(REPOSITORY), "describe", "--always", "--dirty")
_COMMIT = subprocess.run(_GIT, capture_output=True, text=True, check=False).stdout.strip()
A_PLATFORM_LASTS = 40  # trials: what lies in its topics is read again in some of them
REPORT = REPOSITORY / ".wex" / "reports" / "faults.jsonl"


async def main(cells: list[str], trials: int, seed: int, console: Console) -> list[Trial]:
    """Run `trials` of each cell with the seeds from `seed` on, those of one shape on one platform."""
    done: list[Trial] = []
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    seeds = range(seed, seed + trials)
    bar = Progress(
        TextColumn("{task.description:<70}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console,
    )  # fmt: skip
    with bar:
        task = bar.add_task("", total=len(cells) * trials)
        for shape in dict.fromkeys(cell.shape for cell in CELLS.values()):
            of_shape = [name for name, cell in CELLS.items() if name in cells and cell.shape == shape]
            left = deque((cell, number) for cell in of_shape for number in seeds)
            while left:
                bar.update(task, description="starting a platform")
                async with _scenario(shape) as scenario:
                    async for trial in _trials(scenario, left, seed):
                        bar.update(task, description=f"{trial.cell} seed {trial.seed} is done", advance=1)
                        done.append(trial)
                        _tell(console, trial)
    return done


async def _trials(scenario: Scenario, left: deque[tuple[str, int]], first: int) -> AsyncIterator[Trial]:
    """Trials on one platform, until it has served for long enough, or is no longer well."""
    for _ in range(A_PLATFORM_LASTS):
        if not left:
            return
        cell, number = left.popleft()
        scenario.bookers = BOOKERS if number == first else BOOKERS_AGAIN
        trial = await run(scenario, cell, number)
        _keep(trial)
        yield trial
        if trial.violations:
            return


@asynccontextmanager
async def _scenario(shape: Shape) -> AsyncIterator[Scenario]:
    with tempfile.TemporaryDirectory(prefix="wex-faults-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        async with (
            platform_in(Path(folder) / "wex", shape) as platform,
            scenario_on(platform, with_history=True) as scenario,
        ):
            yield scenario


def _keep(trial: Trial) -> None:
    with REPORT.open("a") as report:
        report.write(
            json.dumps({"at": datetime.now(UTC).isoformat(), "commit": _COMMIT, **asdict(trial)}) + "\n"
        )


def _tell(console: Console, trial: Trial) -> None:
    for violation in trial.violations:
        console.print(f"[red]{trial.cell} seed {trial.seed}[/] ({trial.fault}): {violation}", highlight=False)


async def hunt_all(console: Console) -> bool:
    """Plant every bug; whether each was found."""
    console.print(planted_table())
    shown = Table("bug in a running process", "process", "cell", "trials until found", "by")
    all_found = True
    for each in HUNTS:
        with console.status(f"{each.bug} in {each.process}, {each.cell}"):
            trials, found = await hunt(each)
        shown.add_row(*hunted_row(each, trials, found))
        all_found = all_found and trials > 0
    console.print(shown)
    return all_found


def table(done: list[Trial]) -> Table:
    """Cell by cell: trials, violations, what so many without one say; outages in the middle and at most."""
    shown = Table(
        "cell", "fault", "trials", "violated", "95 % bound", "recovery", "outage", "s each", "seeds"
    )
    by_cell: dict[str, list[Trial]] = defaultdict(list)
    for trial in done:
        by_cell[trial.cell].append(trial)
    for cell, trials in by_cell.items():
        bad = sum(bool(trial.violations) for trial in trials)
        seeds = [trial.seed for trial in trials]
        outages = [trial.facts["outage"] for trial in trials if "outage" in trial.facts]
        slowest = max((trial.confirmed_after or 99.0) for trial in trials)
        shown.add_row(
            cell, CELLS[cell].fault, str(len(trials)), f"[red]{bad}" if bad else "0",
            "" if bad else f"{min(1.0, 3 / len(trials)):.1%}", f"{slowest:.1f} s",
            f"{median(outages):.1f}, {max(outages):.1f} s" if outages else "",
            f"{sum(trial.seconds for trial in trials) / len(trials):.1f}", f"{min(seeds)}-{max(seeds)}",
        )  # fmt: skip
    return shown


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1, help="Of each cell")
    parser.add_argument(
        "--cell", action="append", choices=sorted(CELLS), help="Only this one; may be repeated"
    )
    parser.add_argument("--planted", action="store_true", help="Plant bugs and count the trials until found")
    parser.add_argument("--seed", type=int, default=1, help="Of the first trial; the next has the next")
    arguments = parser.parse_args()
    screen = Console()
    if arguments.planted:
        sys.exit(not asyncio.run(hunt_all(screen)))
    finished = asyncio.run(main(arguments.cell or list(CELLS), arguments.trials, arguments.seed, screen))
    screen.print(table(finished))
    screen.print(
        f"{len(finished)} trials of {_COMMIT}: python -m tests.faults {' '.join(sys.argv[1:])}; {REPORT}"
    )
    sys.exit(any(trial.violations for trial in finished))
