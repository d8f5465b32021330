"""`eventually` itself."""

import pytest
from tests.infra.polling import eventually


async def test_it_answers_what_the_check_answered() -> None:
    answers = iter([None, 0, "here"])
    assert await eventually(lambda: next(answers), every=0.001) == "here"


async def test_it_waits_out_failed_assertions_and_awaits() -> None:
    asked = 0

    async def check() -> bool:
        nonlocal asked
        asked += 1
        assert asked > 2, f"only {asked}"
        return True

    assert await eventually(check, every=0.001)


async def test_it_fails_with_the_last_reason() -> None:
    def check() -> bool:
        raise AssertionError("three are missing")

    with pytest.raises(AssertionError, match="three are missing"):
        await eventually(check, within=0.05, every=0.01)


async def test_other_errors_pass_at_once() -> None:
    with pytest.raises(ZeroDivisionError):
        await eventually(lambda: 1 / 0)
