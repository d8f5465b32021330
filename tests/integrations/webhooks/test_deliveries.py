"""Deliveries: when they are tried again, when not, and what becomes of their endpoint."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from integrations.settings import RETRY_SECONDS
from integrations.webhooks.domain.delivery import Attempt, Delivery, DeliveryPending, Schedule
from integrations.webhooks.domain.endpoint import EventTypeUnknown, WebhookEndpoint, secrets_signing

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
STANDARD = Schedule(tuple(timedelta(seconds=float(each)) for each in RETRY_SECONDS.split(",")))


def attempt(status: int | None = None, error: str | None = None, retry_after: int | None = None) -> Attempt:
    pause = timedelta(seconds=retry_after) if retry_after is not None else None
    return Attempt(uuid4(), NOW, 12, status, error, pause)


def delivery() -> Delivery:
    return Delivery.of(uuid4(), uuid4(), uuid4(), uuid4(), "booking.confirmed.v1", "{}", NOW)


def endpoint() -> WebhookEndpoint:
    return WebhookEndpoint.register(
        uuid4(), uuid4(), "https://hooks.example.org/", ["booking.confirmed.v1"], "sealed-1", NOW
    )


def test_a_new_delivery_is_due_at_once() -> None:
    assert delivery().due_in == timedelta(0)


def test_ten_attempts_are_made_over_75_hours_then_it_is_exhausted() -> None:
    one, waited, waits = delivery(), timedelta(0), 0
    while one.state == "pending":
        one.record_attempt(attempt(500), STANDARD, jitter=0)
        waited += one.due_in or timedelta(0)
        waits += 1
    assert (waits, one.state, one.due_in) == (10, "exhausted", None)
    assert timedelta(hours=75) < waited < timedelta(hours=76)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_2xx_is_delivered(status: int) -> None:
    one = delivery()
    one.record_attempt(attempt(status), STANDARD, jitter=0)
    assert (one.state, one.due_in) == ("delivered", None)


@pytest.mark.parametrize("status", [199, 301, 302, 307, 400, 401, 404, 410, 500, 503])
def test_everything_else_is_not(status: int) -> None:
    one = delivery()
    one.record_attempt(attempt(status), STANDARD, jitter=0)
    assert (one.state, one.due_in) == ("pending", timedelta(seconds=5))


def test_jitter_stretches_a_wait_by_at_most_a_tenth() -> None:
    assert STANDARD.wait_after(1, attempt(500), 1.0) == timedelta(seconds=5.5)


@pytest.mark.parametrize(
    ("status", "asked", "wait"),
    [
        (429, 60, 60),
        (503, 60, 60),
        (502, 60, 60),
        (504, 60, 60),
        (503, 1, 5),
        (429, 10**7, 86_400),
        (500, 60, 5),
    ],
)
def test_a_partner_that_asks_for_time_is_given_it_up_to_a_day(status: int, asked: int, wait: int) -> None:
    assert STANDARD.wait_after(1, attempt(status, retry_after=asked), 0) == timedelta(seconds=wait)


def test_a_replay_begins_a_whole_new_round_under_the_same_id() -> None:
    one = delivery()
    with pytest.raises(DeliveryPending):
        one.replay()
    one.record_attempt(attempt(200), STANDARD, jitter=0)
    one.replay()
    assert (one.state, one.tries, one.due_in) == ("pending", 0, timedelta(0))


def test_a_late_record_of_a_second_sending_never_takes_success_back() -> None:
    one = delivery()
    one.record_attempt(attempt(200), STANDARD, jitter=0)
    one.record_attempt(attempt(None, "timeout"), STANDARD, jitter=0)
    assert (one.state, len(one.attempts)) == ("delivered", 2)


def test_a_410_disables_the_endpoint_at_once() -> None:
    one = endpoint()
    one.failed(NOW, gone=True)
    assert (one.state, one.disabled_reason) == ("disabled", "gone")
    one.enable()
    assert (one.state, one.failing_since) == ("enabled", None)


def test_five_days_of_failure_disable_it_and_a_success_in_between_does_not() -> None:
    one = endpoint()
    for day in (0, 4):
        one.failed(NOW + timedelta(days=day), gone=False)
    one.delivered()
    one.failed(NOW + timedelta(days=5), gone=False)
    assert one.state == "enabled"
    one.failed(NOW + timedelta(days=10), gone=False)
    assert (one.state, one.disabled_reason) == ("disabled", "failing")


def test_after_a_rotation_both_secrets_sign_for_a_day() -> None:
    one = endpoint()
    one.rotate("sealed-2", NOW)
    signing = [
        secrets_signing(one.secret, one.previous_secret, one.previous_until, NOW + timedelta(hours=hours))
        for hours in (0, 23, 24)
    ]
    assert signing == [["sealed-2", "sealed-1"], ["sealed-2", "sealed-1"], ["sealed-2"]]


def test_an_endpoint_listens_to_published_types_only() -> None:
    with pytest.raises(EventTypeUnknown) as refused:
        WebhookEndpoint.register(uuid4(), uuid4(), "https://a.example.org/", ["learner.spied.v1"], "s", NOW)
    assert refused.value.field == "body.event_types.0"
