"""Waiting for something to become true, with a deadline and never a bare sleep."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")
# Of use to a machine that is busy with something else; nobody else waits as long, but for what fails.
GENEROUS = 60.0


@overload
async def eventually(check: Callable[[], Awaitable[T]], *, within: float = ..., every: float = ...) -> T: ...
@overload
async def eventually(check: Callable[[], T], *, within: float = ..., every: float = ...) -> T: ...


async def eventually(check: Callable[[], Any], *, within: float = GENEROUS, every: float = 0.05) -> Any:
    """Ask again until the check answers something true without an AssertionError; fail with its last reason.

    Answers what the check answered, so that the thing waited for can be looked at.
    """
    deadline = time.monotonic() + within
    while True:
        reason = ""
        try:
            answer = check()
            if inspect.isawaitable(answer):
                answer = await answer
            if answer:
                return answer
            reason = f"last answer: {answer!r}"
        except AssertionError as failed:
            reason = str(failed) or "an assertion without words"
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {reason}")
        await asyncio.sleep(every)
