"""`python -m tests.faults [--trials N] [--cell F1] [--seed S]`: trials of every cell, told in one table."""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import defaultdict
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.faults.cells import CELLS
from tests.faults.trial import Trial, platform_in, run
from tests.faults.world import world_on
from wex.folders import REPOSITORY

REPORT = REPOSITORY / ".wex" / "reports" / "faults.jsonl"


async def main(cells: list[str], trials: int, seed: int, console: Console) -> list[Trial]:
    """Run `trials` of each cell on one platform, with the seeds from `seed` on."""
    done: list[Trial] = []
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    bar = Progress(
        TextColumn("{task.description:<70}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="wex-faults-") as folder, bar:
        task = bar.add_task("starting a platform", total=trials * len(cells))
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        async with (
            platform_in(Path(folder) / "wex") as platform,
            world_on(platform, with_history=True) as world,
        ):
            for cell in sorted(cells, key=list(CELLS).index):
                for number in range(trials):
                    bar.update(task, description=f"{cell} seed {seed + number}")
                    done.append(await run(world, cell, seed + number))
                    _keep(done[-1])
                    _tell(console, done[-1])
                    bar.advance(task)
    return done


def _keep(trial: Trial) -> None:
    with REPORT.open("a") as report:
        report.write(json.dumps({"at": datetime.now(UTC).isoformat(), **asdict(trial)}) + "\n")


def _tell(console: Console, trial: Trial) -> None:
    for violation in trial.violations:
        console.print(f"[red]{trial.cell} seed {trial.seed}[/] ({trial.fault}): {violation}", highlight=False)


def table(done: list[Trial]) -> Table:
    """Cell by cell: trials, violations, and what so many trials without one say."""
    shown = Table("cell", "fault", "trials", "violated", "95 % bound", "recovery", "s", "seeds")
    by_cell: dict[str, list[Trial]] = defaultdict(list)
    for trial in done:
        by_cell[trial.cell].append(trial)
    for cell, trials in by_cell.items():
        bad = sum(bool(trial.violations) for trial in trials)
        seeds = [trial.seed for trial in trials]
        slowest = max((trial.confirmed_after or 99.0) for trial in trials)
        shown.add_row(
            cell, CELLS[cell][0], str(len(trials)), f"[red]{bad}" if bad else "0",
            "" if bad else f"{min(1.0, 3 / len(trials)):.1%}", f"{slowest:.1f} s",
            f"{sum(trial.seconds for trial in trials):.0f}", f"{min(seeds)}-{max(seeds)}",
        )  # fmt: skip
    return shown


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1, help="Of each cell")
    parser.add_argument(
        "--cell", action="append", choices=sorted(CELLS), help="Only this one; may be repeated"
    )
    parser.add_argument("--seed", type=int, default=1, help="Of the first trial; the next has the next")
    arguments = parser.parse_args()
    screen = Console()
    finished = asyncio.run(main(arguments.cell or list(CELLS), arguments.trials, arguments.seed, screen))
    screen.print(table(finished))
    sys.exit(any(trial.violations for trial in finished))
