"""PostgreSQL and Kafka for one test run: given, or in containers, or started here on first demand.

The controlling pytest process opens a run; the first test of any worker process that needs an engine
starts it under a file lock and writes its address down; the controller ends what was started.
"""

import asyncio
import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from tests.infra import containers
from tests.infra.polling import eventually
from wex import records
from wex.folders import REPOSITORY, cache
from wex.kafka import Kafka, cluster_id
from wex.ports import free_port
from wex.postgres import Postgres
from wex.postgres_folders import remove_data
from wex.processes import Command, start, until_ready, with_other_ports

RUN_VARIABLE = "WEX_TEST_RUN"
_RUNS = REPOSITORY / ".wex" / "tests"
_CONTROLLER = "controller"


def open_run() -> None:
    """Begin a run, after ending what crashed runs have left behind."""
    if RUN_VARIABLE in os.environ:
        return
    _RUNS.mkdir(parents=True, exist_ok=True)
    for run in _RUNS.iterdir():
        controllers = [record for record in records.read(run / "run") if record.name == _CONTROLLER]
        if controllers and controllers[0].process() is None:
            _end(run)
    run = Path(tempfile.mkdtemp(prefix="run-", dir=_RUNS))
    run.chmod(0o755)
    records.write(run / "run", records.record_of(_CONTROLLER, os.getpid()))
    os.environ[RUN_VARIABLE] = str(run)


def close_run() -> None:
    """End what this run has started, if this process is the one that began it."""
    run = os.environ.get(RUN_VARIABLE)
    if run is None:
        return
    controllers = [record for record in records.read(Path(run) / "run") if record.name == _CONTROLLER]
    if controllers and controllers[0].pid == os.getpid():
        del os.environ[RUN_VARIABLE]
        _end(Path(run))


def _end(run: Path) -> None:
    records.end_all(run / "run", grace=5)
    containers.remove_all(run)
    remove_data(run / "postgres")
    shutil.rmtree(run, ignore_errors=True)


def run_folder() -> Path:
    """This run's folder."""
    return Path(os.environ[RUN_VARIABLE])


async def postgres_url() -> str:
    """The address of a PostgreSQL server, as its superuser."""
    return os.environ.get("WEX_POSTGRES_URL") or await once("postgres", _start_postgres)


async def kafka_bootstrap() -> str:
    """The address of a Kafka broker."""
    return os.environ.get("WEX_KAFKA_BOOTSTRAP") or await once("kafka", _start_kafka)


async def once(name: str, make: Callable[[], Awaitable[str]]) -> str:
    """What was made under this name in this run, made now if nobody has yet."""
    answer = run_folder() / f"{name}.made"
    async with _lock(run_folder() / f"{name}.lock"):
        if not answer.exists():
            answer.write_text(await make())
    return answer.read_text()


@contextlib.asynccontextmanager
async def _lock(file: Path) -> AsyncIterator[None]:
    with file.open("w") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.05)
        yield


async def _start_postgres() -> str:
    run = run_folder()
    if containers.are_possible():
        return await asyncio.to_thread(containers.start_postgres, run)

    async def attempt() -> str:
        server = Postgres(run / "postgres", run / "postgres.log", free_port(), durable=False)
        await asyncio.to_thread(server.prepare)
        await _start(server.command(ends_with_parent=False), server.is_ready)
        return server.url

    return await with_other_ports(attempt)


async def _start_kafka() -> str:
    run = run_folder()
    if containers.are_possible():
        address = await asyncio.to_thread(containers.start_kafka, run)
        await eventually(lambda: cluster_id(address), within=120)
        return address

    async def attempt() -> str:
        node = Kafka(run / "kafka", run / "kafka.log", cache(), free_port(), free_port())
        await asyncio.to_thread(node.prepare, lambda *_: None)
        await _start(node.command(ends_with_parent=False), node.is_ready)
        return node.bootstrap

    return await with_other_ports(attempt)


async def _start(command: Command, is_ready: Callable[[], Awaitable[bool]]) -> None:
    child = start(command, run_folder() / "run")
    await until_ready(child, is_ready, within=180)
    child.detach()
