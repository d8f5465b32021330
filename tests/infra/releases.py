"""An earlier release of the platform, taken from the clone's own history, to run beside this one."""

import io
import os
import subprocess
import tarfile
from dataclasses import dataclass, replace
from pathlib import Path

from wex.folders import REPOSITORY
from wex.processes import Command

_CODE = ("shared", "services", "deploy/topics.yaml")


class NotInHistoryError(Exception):
    """This clone does not have the release; the words say how to get it."""


@dataclass(frozen=True)
class Release:
    """A release's code in a folder of its own; it runs on the libraries that are installed here."""

    tag: str
    folder: Path

    def command(self, command: Command) -> Command:
        """The same process, of that release."""
        sources = [self.folder / "shared" / "src", *sorted(self.folder.glob("services/*/src"))]
        # Before the packages of this checkout; and not forked from a process that has imported those.
        path = os.pathsep.join(map(str, sources))
        environment = {**command.environment, "PYTHONPATH": path}
        return replace(command, module=(), folder=self.folder, environment=environment)


def take(tag: str, folder: Path, repository: Path = REPOSITORY) -> Release:
    """Put the code of a release into a folder. Raises `NotInHistoryError`."""
    if _git(repository, "rev-parse", "--verify", "--quiet", f"{tag}^{{commit}}") is None:
        shallow = _git(repository, "rev-parse", "--is-shallow-repository") == b"true\n"
        why, how = ("whose history is shallow", "--unshallow ") if shallow else ("which lacks the tag", "")
        raise NotInHistoryError(f"{tag} is not in this clone, {why}: git fetch {how}--tags")
    code = _git(repository, "archive", tag, *_CODE)
    if code is None:
        raise NotInHistoryError(f"git cannot read {tag}: its history is incomplete in this clone")
    with tarfile.open(fileobj=io.BytesIO(code)) as archive:
        archive.extractall(folder, filter="data")
    return Release(tag, folder)


def _git(repository: Path, *arguments: str) -> bytes | None:
    """What git answers, or None where it fails."""
    answer = subprocess.run(("git", "-C", str(repository), *arguments), capture_output=True, check=False)
    return answer.stdout if answer.returncode == 0 else None
