"""Identifiers, the clock and aggregates."""

import threading
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from shared.kernel import FixedClock, OffsetClock, made_at, new_id
from tests.shared.example_service import Thing


def test_ids_are_version_7_and_tell_their_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= before + 1_000
    moment = made_at(made)
    assert moment is not None
    assert before <= round(moment.timestamp() * 1_000) <= before + 1_000
    assert made_at(uuid4()) is None


def test_ids_of_one_process_are_in_order_and_never_the_same() -> None:
    made = [new_id() for _ in range(20_000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_of_several_threads_are_never_the_same() -> None:
    made: list[UUID] = []
    threads = [threading.Thread(target=lambda: made.extend(new_id() for _ in range(2_000))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 8_000


def test_ids_stay_in_order_when_the_machines_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 0)

    assert first < new_id() < new_id()


DAYS = [
    ("2027-07-04T22:59:59+00:00", date(2027, 7, 4)),
    ("2027-07-04T23:00:00+00:00", date(2027, 7, 5)),  # midnight in England, summer time
    ("2027-01-04T23:59:59+00:00", date(2027, 1, 4)),
    ("2027-01-05T00:00:00+00:00", date(2027, 1, 5)),
    ("2027-03-28T00:59:59+00:00", date(2027, 3, 28)),  # the day of 23 hours
    ("2027-03-28T23:00:00+00:00", date(2027, 3, 29)),
    ("2027-10-30T23:00:00+00:00", date(2027, 10, 31)),  # the day of 25 hours
    ("2027-10-31T23:59:59+00:00", date(2027, 10, 31)),
]


@pytest.mark.parametrize(("instant", "day"), DAYS)
def test_today_is_the_day_in_england(instant: str, day: date) -> None:
    assert FixedClock(datetime.fromisoformat(instant)).today() == day


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock(datetime(2027, 1, 1, tzinfo=UTC))
    clock.move(timedelta(hours=5))

    assert clock.now() == clock.now() == datetime(2027, 1, 1, 5, tzinfo=UTC)


def ahead(clock: OffsetClock) -> float:
    return (clock.now() - datetime.now(UTC)).total_seconds()


def test_a_clock_runs_ahead_by_the_seconds_in_its_file_and_follows_it(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = OffsetClock(file)
    assert ahead(clock) == pytest.approx(0, abs=1)
    for seconds in (86_400, 172_800.5, 0):
        file.write_text(f"{seconds}\n")
        assert ahead(clock) == pytest.approx(seconds, abs=1)
    file.unlink()
    assert ahead(clock) == pytest.approx(0, abs=1)


def test_without_a_file_the_clock_is_the_machines() -> None:
    assert ahead(OffsetClock()) == pytest.approx(0, abs=1)


def test_every_change_moves_the_version_and_is_taken_once_with_it() -> None:
    thing = Thing(uuid4(), uuid4(), "old", version=4)
    thing.rename("new")
    thing.rename("newer")

    assert thing.version == 6
    assert thing.take_events() == [(5, "new"), (6, "newer")]
    assert thing.take_events() == []
    thing.rename("newest")
    assert thing.take_events() == [(7, "newest")]
