"""F9: the disk beneath PostgreSQL's data, Kafka's log or the services' logs is full for a while."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg

from tests.faults.outage import clients_go_on
from tests.faults.stage import Stage
from wex.platform import Platform
from wex.postgres_folders import data_folder

ROOM = 64_000_000  # bytes beside what is there, before the disk is filled
_PIECE = bytes(1_000_000)


async def full_disk(stage: Stage) -> str:
    """F9: what is acknowledged meanwhile stands, and all goes on by itself once there is room."""
    draw = stage.draw
    where = draw.choice(["pgdata", "write-ahead log", "Kafka log", "service logs"])
    if where == "service logs":
        return await _logs(stage)
    if not await asyncio.to_thread(_may_mount, stage.scenario.platform.folders.state):
        stage.facts["skipped"] = f"{where}: only root may mount a small disk"
        return f"{await _logs(stage)} (SKIPPED {stage.facts['skipped']})"
    engine = "kafka" if where == "Kafka log" else "postgres"
    async with _on_a_small_disk(stage.scenario.platform, engine) as disk:
        moment, seconds = draw.uniform(0, 1.5), draw.uniform(3, 12)
        async with clients_go_on(stage):
            await asyncio.sleep(moment)
            ballast = await asyncio.to_thread(_fill, disk)
            if where == "write-ahead log":
                await _use_up_the_log(stage)
            await asyncio.sleep(seconds)
            stage.mended_at = time.monotonic()
            ballast.unlink()
            died = engine not in stage.scenario.platform.running
            if died or not await stage.scenario.platform.is_ready(engine):
                await _again(stage.scenario.platform, engine)
    return f"{where} full at {moment:.2f} s for {seconds:.2f} s{', the engine died of it' if died else ''}"


async def _again(platform: Platform, engine: str) -> None:
    """As whatever keeps the engines running would: one that does not come back by itself is started again."""
    for _ in range(50):
        if engine not in platform.running:
            break
        if await platform.is_ready(engine):
            return
        await asyncio.sleep(0.2)
    else:
        platform.kill(engine)
    await platform.start(engine)


async def _use_up_the_log(stage: Stage) -> None:
    """Segments that are kept for reuse are used up, so that the next one needs room."""
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        for _ in range(20):
            query = "select pg_switch_wal() from pg_logical_emit_message(false, 'fault', 'x')"
            await stage.scenario.rows.ask("bookings", query)


async def _logs(stage: Stage) -> str:
    """Every line a service writes fails, as on a full disk; its work must not."""
    draw, platform = stage.draw, stage.scenario.platform
    service = draw.choice(["bookings", "safeguarding", "outcomes"])
    names = platform.of_each("api")[service] + platform.of_each("worker")[service]
    for name in names:
        await platform.restart(name, through="tests.faults.full_log")
    async with clients_go_on(stage):
        await asyncio.sleep(draw.uniform(2, 4))
    for name in names:
        await platform.restart(name)
    return f"logs of {service} full"


@asynccontextmanager
async def _on_a_small_disk(platform: Platform, engine: str) -> AsyncIterator[Path]:
    """Stop the engine, lay its data onto a small disk, start it; afterwards lay them back."""
    data = platform.folders.data / engine
    folder = data_folder(data) if engine == "postgres" else data / "log"
    kept = folder.with_name(f"{folder.name}.kept")
    await platform.stop(engine)
    await asyncio.to_thread(_onto_small_disk, folder, kept)
    try:
        await platform.start(engine)
        yield folder
    finally:
        await platform.stop(engine)
        await asyncio.to_thread(_back, folder, kept)
        await platform.start(engine)


def _onto_small_disk(folder: Path, kept: Path) -> None:
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) + ROOM
    folder.rename(kept)
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    _run("cp", "-a", f"{kept}/.", str(folder))


def _back(folder: Path, kept: Path) -> None:
    shutil.rmtree(kept)
    _run("cp", "-a", str(folder), str(kept))
    _run("umount", str(folder))
    folder.rmdir()
    kept.rename(folder)


def _fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(_PIECE)
    return ballast


def _may_mount(folder: Path) -> bool:
    probe = folder / "may-mount"
    probe.mkdir(exist_ok=True)
    try:
        _run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(probe))
        _run("umount", str(probe))
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
