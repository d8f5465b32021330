"""`python -m tests.local.anywhere`: copies the checkout to awkward places and runs it there.

Each case takes the files that git knows, puts them where a person might, and calls `make` as that person.
As root every case runs, some of them as user `nobody`; as anybody else those that need no other user.
"""

import argparse
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from wex.folders import REPOSITORY, cache

IS_ROOT = os.geteuid() == 0
GOALS = {"run": ("run", "ONCE=1"), "test": ("test",)}


@dataclass(frozen=True)
class Case:
    """One place, and who works there; a variable that is None is unset."""

    name: str
    folder: str = "checkout"
    closed: bool = False
    read_only: bool = False
    user: str | None = None
    umask: int = -1
    environment: Mapping[str, str | None] = field(default_factory=dict)


CASES = [
    Case("closed to others", closed=True),
    Case("closed to others, umask 077", closed=True, umask=0o077),
    Case("another user", user="nobody", environment={"HOME": "{base}/home"}),
    Case("space and letters", folder="Arbeit für wex – ça va", environment={"LC_ALL": "C"}),
    Case("copy of a read-only checkout", read_only=True, user="nobody"),
    Case("HOME unset", user="nobody", environment={"HOME": None}),
    Case("HOME not writable", user="nobody", environment={"HOME": "/proc/1"}),
]


@dataclass(frozen=True)
class Outcome:
    """How one case ended."""

    case: Case
    seconds: float
    code: int
    last_lines: str


def main() -> None:
    """Run the chosen cases one after the other; end with 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--goal", choices=GOALS, default="run")
    arguments = parser.parse_args()
    console = Console()
    outcomes = []
    for case in CASES:
        if arguments.only in case.name and (IS_ROOT or case.user is None):
            console.rule(case.name)
            outcomes.append(run(case, GOALS[arguments.goal]))
    table = Table("case", "seconds", "", f"make {arguments.goal}")
    for outcome in outcomes:
        passed = "[green]passed[/]" if outcome.code == 0 else f"[red]code {outcome.code}[/]"
        table.add_row(outcome.case.name, f"{outcome.seconds:.0f}", passed, outcome.last_lines)
    console.print(table)
    sys.exit(any(outcome.code for outcome in outcomes))


def run(case: Case, goal: tuple[str, ...]) -> Outcome:
    """Copy the checkout to the case's place, make the goal there, and remove the copy."""
    base = Path(tempfile.mkdtemp(prefix="wex-anywhere-"))
    base.chmod(0o755)
    checkout = base / "place" / case.folder
    user = case.user if IS_ROOT else None
    try:
        copy_checkout(checkout)
        (base / "home").mkdir()
        if user:
            give_to(user, base)
        if case.closed:
            (base / "place").chmod(0o700)
        if case.read_only:
            each(checkout, lambda path: path.chmod(path.stat().st_mode & ~0o222))
            each(checkout / ".wex", lambda path: path.chmod(path.stat().st_mode | 0o200))
        return call_make(case, user, checkout, goal)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def copy_checkout(target: Path) -> None:
    """The files git knows, as they are now, and the jars that are here already."""
    listed = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (REPOSITORY / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, target / name)
    if (cache() / "jars").exists():
        shutil.copytree(cache() / "jars", target / ".wex" / "cache" / "jars")


def call_make(case: Case, user: str | None, checkout: Path, goal: tuple[str, ...]) -> Outcome:
    """`make` as the case's user; its output is shown and its last lines kept."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WEX_")}
    for name, value in case.environment.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value.format(base=checkout.parents[1])
    began = time.monotonic()
    with subprocess.Popen(
        ("make", *goal),
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        user=user,
        group=pwd.getpwnam(user).pw_gid if user else None,
        extra_groups=[] if user else None,
        umask=case.umask,
    ) as made:
        assert made.stdout is not None
        lines = []
        for line in made.stdout:
            sys.stdout.write(line)
            lines.append(line)
    return Outcome(case, time.monotonic() - began, made.returncode, "".join(lines[-2:]).strip())


def give_to(user: str, folder: Path) -> None:
    """Make the user the owner of everything in the folder."""
    entry = pwd.getpwnam(user)
    each(folder, lambda path: os.chown(path, entry.pw_uid, entry.pw_gid))


def each(folder: Path, do: Callable[[Path], None]) -> None:
    """Do something with the folder and everything in it."""
    for path in [*folder.rglob("*"), folder]:
        do(path)


if __name__ == "__main__":
    main()
