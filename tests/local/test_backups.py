"""A database server of its own is archived and backed up, lost, and brought back to a moment."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from wex import backups
from wex.ports import free_port
from wex.postgres import Postgres
from wex.postgres_folders import remove_data
from wex.processes import Child, ProcessError, start, until_ready


async def started(server: Postgres, run: Path) -> Child:
    child = start(server.command(), run)
    await until_ready(child, server.is_ready, within=100)
    return child


async def ask(server: Postgres, *queries: str) -> Any:
    connection = await asyncpg.connect(server.url, timeout=30)
    try:
        return [await connection.fetch(query) for query in queries][-1]
    finally:
        await connection.close()


@pytest.mark.engine
async def test_a_lost_server_comes_back_as_it_was_at_a_moment_and_goes_on(tmp_path: Path) -> None:
    server = Postgres(
        *(tmp_path / "cluster", tmp_path / "cluster.log", free_port()), archive=tmp_path / "archive"
    )
    server.prepare()
    child = await started(server, tmp_path / "run")
    try:
        await ask(server, "create table said (word text)", "insert into said values ('before the backup')")
        await asyncio.to_thread(backups.back_up, server)
        await ask(server, "insert into said values ('after the backup')")
        moment = datetime.now(UTC)
        await ask(server, "insert into said values ('after the moment')")
        await backups.archived_until_now(server)
        child.kill()
        backups.lose(server)

        backups.restore(server, moment)
        child = await started(server, tmp_path / "run")

        await ask(server, "insert into said values ('after the restore')")
        words = [row["word"] for row in await ask(server, "select word from said")]
        assert words == ["before the backup", "after the backup", "after the restore"]
        await backups.archived_until_now(server)
        with pytest.raises(ProcessError, match="no base backup from before"):
            backups.restore(server, datetime(2020, 1, 1, tzinfo=UTC))
    finally:
        child.kill()
        remove_data(server.data)
        remove_data(tmp_path / "archive")
