"""Logs: new lines only, whole lines only, prefixed."""

import io
from pathlib import Path

from rich.console import Console

from wex import logs


def test_only_new_whole_lines_are_read(tmp_path: Path) -> None:
    log = tmp_path / "kafka.log"
    log.write_text("old\n")
    reader = logs.LogReader(log, from_end=True)
    with log.open("a") as out:
        out.write("new\nhal")
        out.flush()
        assert reader.new_lines() == ["new"]
        out.write("f\n")
        out.flush()
        assert reader.new_lines() == ["half"]
    log.write_text("again\n")
    assert reader.new_lines() == ["again"]


def test_lines_carry_their_process(tmp_path: Path) -> None:
    (tmp_path / "bookings-api.log").write_text("one\ntwo [brackets]\n")
    (tmp_path / "kafka.log").write_text("other\n")
    out = io.StringIO()
    console = Console(file=out, width=100)
    logs.show_last(console, tmp_path, logs.names(tmp_path, "bookings"), lines=1)
    assert out.getvalue().split() == ["bookings-api", "│", "two", "[brackets]"]
