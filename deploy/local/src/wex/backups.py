"""Base backups of a database server whose write-ahead log is archived, and the way back to a moment."""

import asyncio
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from wex.postgres import Postgres, fill
from wex.postgres_folders import data_folder, server_user
from wex.processes import ProcessError

_TAKEN_AT = "%Y%m%dT%H%M%S.%f"
# A server on its way back is no standby: it answers nobody before it has arrived, and may be written to.
_WAY_BACK = """
restore_command = 'cp "{log}/%f" "%p"'
recovery_target_time = '{moment}'
recovery_target_action = 'promote'
hot_standby = off
"""


def back_up(server: Postgres) -> Path:
    """Take a base backup of a server that runs; where it lies. Its name is when it was whole."""
    base = server.archived / "base"
    source = ("--host=127.0.0.1", f"--port={server.port}", "--username=postgres")
    fill(base / "taken", "pg_basebackup", *source, "--checkpoint=fast")
    return (base / "taken").rename(base / datetime.now(UTC).strftime(_TAKEN_AT))


def lose(server: Postgres) -> None:
    """Delete the data of a server that no longer runs."""
    shutil.rmtree(data_folder(server.data))


def restore(server: Postgres, moment: datetime) -> None:
    """Make the data folder anew, from the newest base backup before the moment.

    Started, the server takes from the archive what was committed until then, and nothing that came later.
    It ends with an error where the archive does not reach so far.
    """
    folder = data_folder(server.data)
    before = [each for each in sorted((server.archived / "base").iterdir()) if _taken_at(each) <= moment]
    if not before:
        raise ProcessError(f"{server.name} has no base backup from before {moment}")
    subprocess.run(["cp", "-a", str(before[-1]), str(folder)], check=True)
    with (folder / "postgresql.auto.conf").open("a") as settings:
        settings.write(_WAY_BACK.format(log=server.archived / "wal", moment=moment.isoformat()))
    signal = folder / "recovery.signal"
    signal.touch()
    if user := server_user():
        shutil.chown(signal, user)


async def archived_until_now(server: Postgres, within: float = 60.0) -> None:
    """Return once all that is committed now can be restored."""
    connection = await asyncpg.connect(server.url, timeout=30)
    try:
        last = await connection.fetchval("select pg_walfile_name(pg_switch_wal())")
        async with asyncio.timeout(within):
            while not (server.archived / "wal" / last).exists():  # noqa: ASYNC110 - a file is looked for
                await asyncio.sleep(0.1)
    finally:
        await connection.close()


def _taken_at(backup: Path) -> datetime:
    try:
        return datetime.strptime(backup.name, _TAKEN_AT).replace(tzinfo=UTC)
    except ValueError:  # one that was never finished
        return datetime.max.replace(tzinfo=UTC)
