"""An earlier release comes out of the clone's own history, or the words say why it does not."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import old_beside_new
from tests.infra.releases import NotInHistoryError, take
from wex.processes import Command

TAG = "v0.0.1"


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
    subprocess.run(("git", "-C", str(folder), *who, *arguments), check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a release and one commit after it."""
    made = tmp_path / "repository"
    (made / "shared/src").mkdir(parents=True)
    (made / "services/bookings/src").mkdir(parents=True)
    (made / "deploy").mkdir()
    for name in ("shared/src/a.py", "services/bookings/src/b.py", "deploy/topics.yaml"):
        (made / name).write_text("then\n")
    git(made, "init", "-q")
    git(made, "add", "-A")
    git(made, "commit", "-qm", "then")
    git(made, "tag", TAG)
    (made / "shared/src/a.py").write_text("now\n")
    git(made, "commit", "-qam", "now")
    return made


def test_its_code_is_as_it_was_and_a_process_of_it_imports_that_code(
    repository: Path, tmp_path: Path
) -> None:
    release = take(TAG, tmp_path / "release", repository)

    assert (tmp_path / "release/shared/src/a.py").read_text() == "then\n"
    present = Command("bookings-api", ("python",), Path("log"), module=("bookings",), environment={"A": "b"})
    old = release.command(present)
    assert (old.module, old.folder, old.environment["A"]) == ((), release.folder, "b")
    assert old.environment["PYTHONPATH"].split(":") == [
        str(release.folder / "shared/src"),
        str(release.folder / "services/bookings/src"),
    ]


def test_a_clone_whose_history_is_shallow_says_so_and_how_to_get_the_rest(
    repository: Path, tmp_path: Path
) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", "--no-tags", repository.as_uri(), str(shallow))

    with pytest.raises(NotInHistoryError, match="history is shallow: git fetch --unshallow --tags"):
        take(TAG, tmp_path / "release", shallow)


def test_a_clone_without_the_tag_says_so_and_the_drill_ends_without_a_trial(
    repository: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotInHistoryError, match="lacks the tag: git fetch --tags"):
        take("v0.0.9", tmp_path / "release", repository)

    drill = subprocess.run(
        (sys.executable, "-m", old_beside_new.__name__, "--tag", "v0.0.0-never"),
        capture_output=True,
        check=False,
        text=True,
    )
    assert drill.returncode == old_beside_new.EXIT_NOT_IN_HISTORY
    assert "v0.0.0-never is not in this clone" in drill.stdout
