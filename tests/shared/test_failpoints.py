"""Failpoints: silent unless armed, and each fails once."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from starlette.types import Message, Receive, Scope, Send

from shared import failpoints
from shared.failpoints import FailedOnPurpose, Failpoint
from shared.http.half_answers import HalfAnswers


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.arm(None)


def test_nothing_happens_where_none_is_armed() -> None:
    for point in failpoints.POINTS:
        failpoints.reach(point)


def test_the_armed_point_fails_once_and_no_other() -> None:
    failpoints.arm("C3:raise")

    failpoints.reach("C2")
    with pytest.raises(FailedOnPurpose):
        failpoints.reach("C3")
    failpoints.reach("C3")


def test_a_probability_of_zero_never_fails() -> None:
    failpoints.arm("C3:raise:0")

    for _ in range(100):
        failpoints.reach("C3")


def test_kill9_ends_the_process_as_a_crash_would() -> None:
    program = "from shared import failpoints as f; f.arm('R3:kill9'); f.reach('R3'); print('alive')"

    ended = subprocess.run((sys.executable, "-c", program), capture_output=True, check=False)

    assert (ended.returncode, ended.stdout) == (-9, b"")


@pytest.mark.parametrize("text", ["R9:kill9", "R3", "R3:burn", "R3:raise:often"])
def test_what_is_no_failpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"failpoint|float"):
        Failpoint.parse(text)


async def test_a_change_is_answered_in_halves_and_the_point_lies_between() -> None:
    sent: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"0123456789"})

    async def send(message: Message) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    failpoints.arm("A4:raise")
    with pytest.raises(FailedOnPurpose):
        await HalfAnswers(app)({"type": "http", "method": "POST"}, receive, send)
    assert b"".join(sent) == b"01234"

    await HalfAnswers(app)({"type": "http", "method": "POST"}, receive, send)
    assert b"".join(sent) == b"01234" + b"0123456789"
