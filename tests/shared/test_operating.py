"""What an operator asks of a service on its command line."""

from uuid import uuid4

import pytest

from shared import operating
from shared.contracts.safeguarding import ClearanceGranted
from shared.contracts.vocabulary import Decision
from shared.process import command_line
from tests.infra.polling import eventually
from tests.infra.running import Running, RunService


async def bookings_with_one_parked(run_service: RunService) -> Running:
    """A grant for a booking that nobody asked for: the service refuses it."""
    running = await run_service("bookings")
    decision = Decision(rule_pack="clearance", version="1", reason_codes=["assurance-in-force"])
    await running.hear(
        ClearanceGranted(
            clearance_id=uuid4(),
            booking_id=uuid4(),
            institution_id=uuid4(),
            provider_id=uuid4(),
            decision=decision,
        )
    )
    return running


async def ask(running: Running, *words: str) -> None:
    await operating.parked(running.service, command_line().parse_args(["parked", *words]))


async def test_a_parked_message_is_listed_shown_retried_and_discarded_by_command(
    run_service: RunService, capsys: pytest.CaptureFixture[str]
) -> None:
    running = await bookings_with_one_parked(run_service)

    async def listed() -> list[str]:
        await ask(running, "list", "--state", "failed")
        return [line for line in capsys.readouterr().out.splitlines() if "clearance.granted.v1" in line]

    (line,) = await eventually(listed)
    number = line.split()[0]
    with pytest.raises(SystemExit):
        await ask(running, "retry", number, "--by", "operator-1")
    assert "still parked 1" in capsys.readouterr().out
    await ask(running, "discard", number, "--by", "operator-2", "--reason", "of a test")
    assert "discarded" in capsys.readouterr().out
    assert await listed() == []
    await ask(running, "show", number)
    assert "discarded by operator-2: of a test" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="parked"):
        await ask(running, "discard", number, "--by", "operator-2", "--reason", "of a test")


async def test_nobody_acts_without_a_name_or_a_reason(run_service: RunService) -> None:
    running = await bookings_with_one_parked(run_service)

    with pytest.raises(SystemExit, match="who you are"):
        await ask(running, "retry", "1", "--by", "")
    with pytest.raises(SystemExit, match="reason"):
        await ask(running, "discard", "1", "--by", "operator-1", "--reason", " ")
