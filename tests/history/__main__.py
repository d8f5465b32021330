"""`python -m tests.history rebuild [--seed N]`: exit 0, or the difference."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.faults.scenario import scenario_on
from tests.faults.trial import platform_in
from tests.history.rebuild import rebuild_all, told_to_who_knows


async def rebuild(seed: int, console: Console) -> int:
    """Every service loses its copies once; how many differences were left."""
    with tempfile.TemporaryDirectory(prefix="wex-history-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        async with (
            platform_in(Path(folder) / "wex") as platform,
            scenario_on(platform, with_history=True) as scenario,
        ):
            told, changed = await told_to_who_knows(scenario)
            console.print(
                f"{told} aggregates told to who knew them; changed: {', '.join(changed) or 'nothing'}"
            )
            rebuilt = await rebuild_all(scenario, seed)
    table = Table("service", "rows lost", "announced", "whole after s", "not rebuilt", title=f"seed {seed}")
    for each in rebuilt:
        missing = str(len(each.missing))
        table.add_row(each.reader, str(each.rows), str(each.announced), f"{each.seconds:.1f}", missing)
    console.print(table)
    for each in rebuilt:
        for row in each.missing[:20]:
            console.print(f"{each.reader} lost {row}", highlight=False)
    return len(changed) + sum(len(each.missing) for each in rebuilt)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("drill", choices=["rebuild"])
    parser.add_argument("--seed", type=int, default=1, help="Draws what the clients do")
    arguments = parser.parse_args()
    sys.exit(bool(asyncio.run(rebuild(arguments.seed, Console()))))
