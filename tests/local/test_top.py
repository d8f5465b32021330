"""`wex top`: from the processes' metrics to one page."""

import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from wex.top import Figures, Sample, confirmed, line, page

API = """
# TYPE http_server_request_duration_seconds histogram
http_server_request_duration_seconds_bucket{{http_response_status_code="201",le="0.01"}} {fast}
http_server_request_duration_seconds_bucket{{http_response_status_code="201",le="0.1"}} {ok}
http_server_request_duration_seconds_bucket{{http_response_status_code="201",le="+Inf"}} {ok}
http_server_request_duration_seconds_count{{http_response_status_code="201"}} {ok}
http_server_request_duration_seconds_sum{{http_response_status_code="201"}} 1
http_server_request_duration_seconds_count{{http_response_status_code="503"}} {failed}
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 100e6
"""
WORKER = """
# TYPE wex_outbox_published_total counter
wex_outbox_published_total {published}
# TYPE wex_messages_consumed_total counter
wex_messages_consumed_total{{outcome="done",topic="a"}} {consumed}
wex_messages_consumed_total{{outcome="parked",topic="b"}} 1
# TYPE wex_consumer_lag gauge
wex_consumer_lag{{topic="a",partition="0"}} 3
wex_consumer_lag{{topic="a",partition="1"}} 4
# TYPE wex_message_seconds histogram
wex_message_seconds_count{{type="clearance.granted.v1"}} {consumed}
wex_message_seconds_count{{type="session.scheduled.v1"}} 50
# TYPE wex_parked_messages gauge
wex_parked_messages 1
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 50e6
"""


@pytest.fixture
def samples() -> tuple[Sample, Sample]:
    """Two seconds of `bookings`: 200 requests, two failures, 40 events out, 60 in."""
    first = {
        "bookings-api": Figures(API.format(fast=0, ok=100, failed=0)),
        "bookings-worker": Figures(WORKER.format(published=10, consumed=0)),
    }
    second = {
        "bookings-api": Figures(API.format(fast=100, ok=300, failed=2)),
        "bookings-worker": Figures(WORKER.format(published=50, consumed=60)),
    }
    return Sample(10.0, first), Sample(12.0, second)


def test_counters_are_shown_per_second_and_gauges_as_they_are(samples: tuple[Sample, Sample]) -> None:
    seen = line("bookings", *samples)

    assert (seen.requests, seen.failed) == (101.0, 1.0)
    assert (seen.published, seen.consumed, confirmed(*samples)) == (20.0, 30.0, 30.0)
    assert (seen.lag, seen.parked, seen.megabytes) == (7.0, 1.0, 150.0)


def test_the_99th_percentile_is_of_the_time_between(samples: tuple[Sample, Sample]) -> None:
    # Of 200 requests half took 10 ms at most; the 198th lies 98/100 through the bucket to 100 ms.
    assert line("bookings", *samples).p99_ms == pytest.approx(98.2)


def test_a_process_started_anew_counts_from_zero(samples: tuple[Sample, Sample]) -> None:
    later, earlier = samples

    assert line("bookings", Sample(8.0, earlier.figures), later).published == 5.0


def test_a_service_that_does_not_answer_has_no_figures(samples: tuple[Sample, Sample]) -> None:
    seen = line("outcomes", *samples)

    assert (seen.requests, seen.p99_ms, seen.lag, seen.megabytes) == (None, None, None, 0.0)


def test_the_page_has_a_line_for_each_service(samples: tuple[Sample, Sample]) -> None:
    console = Console(record=True, width=120)
    console.print(page(*samples))
    shown = console.export_text()

    assert all(name in shown for name in ("opportunities", "bookings", "safeguarding", "integrations"))
    assert "101.0" in shown
    assert "30.0 bookings confirmed a second" in shown


def test_where_nothing_runs_it_says_so(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "wex.cli", "top", "--once")
    ended = subprocess.run(
        command, env={"WEX_STATE": str(tmp_path)}, capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout.strip()) == (3, "nothing is running")
