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

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".wex-stamp"
UV_REQUIREMENTS = ROOT / "deploy" / "local" / "uv-requirements.txt"
CONSTRAINTS = ROOT / "constraints.txt"
OLDEST = (3, 11)
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
    (ROOT / ".wex").mkdir(exist_ok=True)
    with (ROOT / ".wex" / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_current(wanted):
            set_up()
            STAMP.write_text(wanted)


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


def make_venv() -> None:
    """A virtual environment of this Python; one of another version is made anew."""
    STAMP.unlink(missing_ok=True)
    version = "python{}.{}".format(*sys.version_info)
    if PYTHON.exists() and (VENV / "lib" / version).exists() and works(PYTHON):
        return
    try:
        venv.create(VENV, clear=True, with_pip=True, symlinks=True)
    except subprocess.CalledProcessError:
        sys.exit(
            "wex: this Python cannot make a virtual environment with pip in it.\n"
            f"On Debian and Ubuntu: apt-get install {version}-venv"
        )


def works(python: Path) -> bool:
    """Whether the environment's Python starts and has pip: a checkout that was moved has neither."""
    asked = subprocess.run(
        [str(python), "-m", "pip", "--version"], capture_output=True, text=True, check=False
    )
    return asked.returncode == 0 and str(VENV) in asked.stdout


def uv_environment(pip: list[str]) -> dict[str, str]:
    """This machine's pip configuration in uv's words; what is set for uv itself comes first."""
    environment = {"UV_PYTHON_DOWNLOADS": "never", "UV_INDEX_STRATEGY": "unsafe-best-match"}
    environment["VIRTUAL_ENV"] = str(VENV)
    if not home_is_usable():
        environment["UV_CACHE_DIR"] = str(ROOT / ".uv-cache")
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=False).stdout
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        variable = PIP_TO_UV.get(name.rpartition(".")[2].replace("_", "-"))
        if variable:
            separator = "," if variable == "UV_FIND_LINKS" else " "
            environment[variable] = separator.join(value.strip("'\"").replace("\\n", " ").split())
    return {**environment, **os.environ, "VIRTUAL_ENV": str(VENV)}


def home_is_usable() -> bool:
    """Whether uv may keep its cache where it usually does."""
    home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("HOME") or ""
    return bool(home) and os.access(home, os.W_OK)


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run one step, its progress shown; end with its code if it fails."""
    finished = subprocess.run(command, cwd=str(ROOT), env=environment, check=False)
    if finished.returncode:
        sys.exit(f"wex: set-up failed at: {' '.join(command)}")


if __name__ == "__main__":
    main()
