"""What routes ask for."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request

from safeguarding.application.ports import UnitOfWork
from shared.bus.command_bus import Done
from shared.bus.inbox import Message
from shared.kernel import Clock, new_id
from shared.security.tokens import Caller

Command = TypeVar("Command")
Result = TypeVar("Result")


async def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.runtime.clock
    return clock


class Confidential:
    """Reads that are written down: each is a command of its own, its answer kept nowhere."""

    def __init__(self, request: Request) -> None:
        self._bus = request.app.state.runtime.bus

    async def __call__(
        self, caller: Caller, handler: Callable[[Command, UnitOfWork], Awaitable[Result]], command: Command
    ) -> Result:
        """What the handler read, once it is committed that `caller` read it."""
        # Told apart from requests by its source, forgotten as soon as they are.
        reading = Message(f"http:reading:{caller.subject}", str(new_id()), caller.acts_for)
        done: Any = await self._bus.execute(reading, handler, command)
        if not isinstance(done, Done):
            raise TypeError("a message that was just made up cannot have been taken before")
        result: Result = done.result
        return result


async def _confidential(request: Request) -> Confidential:
    return Confidential(request)


BusinessClock = Annotated[Clock, Depends(_clock)]
OnRecord = Annotated[Confidential, Depends(_confidential)]
