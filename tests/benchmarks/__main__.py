"""`python -m tests.benchmarks [--only holds] [--rounds 5] [--seconds 5]`: each benchmark beside its ceiling.

Prints a table, writes `.wex/reports/bench.jsonl`, ends with 1 where a floor is missed.
"""

import argparse
import asyncio
import contextlib
import json
import os
import sys
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from tests.benchmarks.findings import Finding
from tests.benchmarks.registry import BENCHMARKS
from tests.benchmarks.run import Run
from wex.folders import REPOSITORY

WIDTH = 170  # of tables that go to a file
REPORT = REPOSITORY / ".wex" / "reports" / "bench.jsonl"


async def main(names: list[str], run: Run) -> list[Finding]:
    """Run the benchmarks one after the other; keep each finding as soon as it is found."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    found: list[Finding] = []
    for name in names:
        run.console.rule(f"{name} (load of the machine {os.getloadavg()[0]:.1f})")
        measured: list[Finding] = []
        try:
            async with contextlib.aclosing(BENCHMARKS[name](run)) as findings:
                async for finding in findings:
                    keep(name, finding)
                    measured.append(finding)
        finally:
            run.console.print(table(measured))
        found += measured
    return found


def keep(benchmark: str, finding: Finding) -> None:
    """Add a line to the report: what is found later may fail, and what was found stays found."""
    line = {"at": datetime.now(UTC).isoformat(), "benchmark": benchmark, **finding.as_json()}
    with REPORT.open("a") as report:
        report.write(json.dumps(line) + "\n")


def table(findings: list[Finding]) -> Table:
    """Ours, the other side, their ratio, and the bar."""
    shown = Table("goal", "what", "ours", "p99 ms", "against", "theirs", "value", "floor", "aim", "")
    for each in findings:
        ours, theirs = _median(each.ours, each.unit), _median(each.theirs, each.unit)
        p99 = "" if each.p99_ms is None else f"{each.p99_ms:.1f}"
        sign = "<= " if each.bar.at_most else ""
        verdict = "aim" if each.bar.aimed_at_by(each.value) else "floor" if each.held else "[red]missed"
        shown.add_row(
            each.goal, each.what, ours, p99, each.against, theirs, f"{each.value:.3g}",
            f"{sign}{each.bar.floor:g}", f"{sign}{each.bar.aim:g}", verdict,
        )  # fmt: skip
    return shown


def _median(values: object, unit: str) -> str:
    numbers = sorted(values) if isinstance(values, list | tuple) else []
    return f"{numbers[len(numbers) // 2]:,.4g} {unit}" if numbers else ""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=sorted(BENCHMARKS), help="May be repeated")
    parser.add_argument("--rounds", type=int, default=5, help="Of each side, interleaved")
    parser.add_argument("--seconds", type=float, default=5.0, help="Each round lasts so long")
    arguments = parser.parse_args()
    screen = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    wanted = arguments.only or list(BENCHMARKS)
    result = asyncio.run(main(wanted, Run(arguments.rounds, arguments.seconds, screen)))
    screen.rule("all")
    screen.print(table(result))
    sys.exit(not all(each.held for each in result))
