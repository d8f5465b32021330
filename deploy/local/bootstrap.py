"""Set-up of a fresh checkout with the standard library alone: `.venv` with everything in it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".wex-stamp"
UV_REQUIREMENTS = ROOT / "deploy" / "local" / "uv-requirements.txt"
CONSTRAINTS = ROOT / "constraints.txt"
OLDEST = (3, 11)
MEGABYTES_NEEDED = 700
# What pip's own configuration calls a thing, and what uv calls it.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}


def main() -> None:
    """Bring `.venv` up to date; a checkout that is costs a few milliseconds."""
    if sys.version_info < OLDEST:
        use_newer_python()
    wanted = digest()
    if is_current(wanted):
        return
    try:
        make_writable()
        (ROOT / ".wex").mkdir(exist_ok=True)
        with (ROOT / ".wex" / "bootstrap.lock").open("w") as lock:
            # Inherited by the steps: where this process is killed, the next one waits for their end.
            os.set_inheritable(lock.fileno(), True)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_current(wanted):
                set_up()
                STAMP.write_text(wanted)
    except OSError as error:
        fail(str(error))


def use_newer_python() -> None:
    """Go on with a newer Python of this machine, or say that one is needed."""
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606
    sys.exit(
        f"wex needs Python 3.11 or later; this is {platform.python_version()} at {sys.executable}.\n"
        "Install one, or name it: make PYTHON=/path/to/python3.12 run"
    )


def make_writable() -> None:
    """Let its owner write to the checkout: a copy of a read-only one is read-only too."""
    if not os.access(ROOT, os.W_OK):
        try:
            ROOT.chmod(ROOT.stat().st_mode | 0o200)
        except OSError:
            sys.exit(
                f"wex: {ROOT} cannot be written to, and .venv and .wex go there: copy it and start there."
            )


def digest() -> str:
    """Changes with whatever decides what `.venv` must hold."""
    found = hashlib.sha256(f"{ROOT} {platform.python_version()} {platform.machine()}".encode())
    files = [Path(__file__), UV_REQUIREMENTS, CONSTRAINTS, ROOT / "pyproject.toml"]
    for file in [*files, *(package / "pyproject.toml" for package in packages())]:
        found.update(file.read_bytes())
    return found.hexdigest()


def packages() -> list[Path]:
    """The workspace's own packages, the kit first."""
    services = sorted(file.parent for file in (ROOT / "services").glob("*/pyproject.toml"))
    return [ROOT / "shared", *services, ROOT / "deploy" / "local"]


def is_current(wanted: str) -> bool:
    """Whether `.venv` was set up from just these files."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted


def set_up() -> None:
    """Make `.venv`, then uv in it, then all the rest by uv."""
    print("wex: setting up .venv, once", flush=True)
    make_venv()
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
    run([*pip, "install", "--quiet", "--require-hashes", "--only-binary=:all:", "-r", str(UV_REQUIREMENTS)])
    uv = [str(VENV / "bin" / "uv"), "pip"]
    environment = uv_environment(pip)
    run([*uv, "sync", "--require-hashes", str(CONSTRAINTS)], environment)
    editable = [part for package in packages() for part in ("-e", str(package))]
    run([*uv, "install", "--quiet", "--no-deps", "--offline", *editable], environment)
    make_paths_relative()


def make_venv() -> None:
    """A virtual environment of this Python; one that is another's or was never finished is made anew."""
    finished = STAMP.exists()
    STAMP.unlink(missing_ok=True)
    version = "python{}.{}".format(*sys.version_info)
    if finished and (VENV / "lib" / version).exists() and works():
        return
    try:
        venv.create(VENV, clear=True, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError:
        sys.exit(
            "wex: this Python cannot make a virtual environment with pip in it.\n"
            f"On Debian and Ubuntu: apt-get install {version}-venv"
        )


def works() -> bool:
    """Whether the environment was made in this place, its Python starts and it has pip."""
    activate = VENV / "bin" / "activate"
    if not activate.exists() or str(VENV) not in activate.read_text(encoding="utf-8"):
        return False  # a checkout that was moved or copied: its commands would start another's Python
    asked = subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False)
    return asked.returncode == 0


def make_paths_relative() -> None:
    """Name the workspace's packages from the environment's folder.

    Python 3.11 reads these paths as the locale's encoding, in which an absolute one may have no letters.
    """
    for file in VENV.glob("lib/*/site-packages/*.pth"):
        lines = file.read_text(encoding="utf-8").splitlines()
        if lines and all(line.startswith(str(ROOT)) for line in lines):
            relative = [os.path.relpath(line, file.parent) for line in lines]
            file.write_text("".join(f"{line}\n" for line in relative), encoding="utf-8")


def uv_environment(pip: list[str]) -> dict[str, str]:
    """This machine's pip configuration in uv's words; what is set for uv itself comes first."""
    environment = {"UV_PYTHON_DOWNLOADS": "never", "UV_INDEX_STRATEGY": "unsafe-best-match"}
    environment["VIRTUAL_ENV"] = str(VENV)
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        variable = PIP_TO_UV.get(name.rpartition(".")[2].replace("_", "-"))
        if variable:
            separator = "," if variable == "UV_FIND_LINKS" else " "
            environment[variable] = separator.join(value.strip("'\"").replace("\\n", " ").split())
    return {**environment, **os.environ, "VIRTUAL_ENV": str(VENV)}


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run one step, its progress shown; end with its code if it fails."""
    finished = subprocess.run(command, cwd=str(ROOT), env=environment, check=False, close_fds=False)
    if finished.returncode:
        fail(f"{' '.join(command)} ended with code {finished.returncode}")


def fail(reason: str) -> NoReturn:
    """End with the reason, and with what is the usual one."""
    free = shutil.disk_usage(ROOT).free / 1e6
    full = f"\nThe disk of {ROOT} is full: {free:.0f} MB are free, {MEGABYTES_NEEDED} MB are needed."
    sys.exit(f"wex: set-up failed: {reason}{full if free < MEGABYTES_NEEDED else ''}\nTry again: make setup")


if __name__ == "__main__":
    main()
