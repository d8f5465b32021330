"""The one door: every request, event and tick becomes a command and passes here."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from opentelemetry import trace
from sqlalchemy.orm.exc import StaleDataError

from shared import failpoints
from shared.kernel import Clock, ConcurrentChange
from shared.messaging import inbox, outbox
from shared.messaging.inbox import Answer, Message, Taken
from shared.messaging.wake import Waker
from shared.persistence.database import Database, is_contention, is_transient
from shared.persistence.transaction import Transaction

Command = TypeVar("Command")
Result = TypeVar("Result")
Work = TypeVar("Work")

_TRIES = 4
# Failpoints after the claim, before COMMIT and after it: of a request, and of events and deadlines.
_OF_REQUESTS, _OF_OTHERS = ("A1", "A2", "A3"), ("C2", "C3", "C4")
_tracer = trace.get_tracer("wex.command_bus")


class OutcomeUnknown(Exception):  # noqa: N818 - it may well have happened
    """The commit was sent and its answer lost: only the same message, sent again, can tell."""


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """The command was carried out now."""

    result: Result
    answer: Answer | None


class CommandBus(Generic[Work]):
    """Carries out commands: claim, work, outbox and answer in one transaction, committed here."""

    def __init__(
        self,
        database: Database,
        open_work: Callable[[Transaction], Work],
        clock: Clock,
        waker: Waker,
        *,
        source: str,
    ) -> None:
        self._database = database
        self._open_work = open_work
        self._clock = clock
        self._waker = waker
        self._source = source

    async def execute(
        self,
        message: Message,
        handler: Callable[[Command, Work], Awaitable[Result]],
        command: Command,
        render: Callable[[Result], Answer] | None = None,
    ) -> Done[Result] | Taken:
        """Carry out `command` once for `message`; `Taken` if the message was taken before.

        `render` makes the answer that is kept for the next one with the same key. Where another
        transaction was quicker the whole is tried again. Raises the handler's refusals with
        nothing changed, and `OutcomeUnknown` when the database's answer to the commit was lost.
        """
        with _tracer.start_as_current_span(f"execute {type(command).__name__}"):
            for attempt in range(1, _TRIES + 1):
                try:
                    return await self._once(message, handler, command, render)
                except (StaleDataError, ConcurrentChange) as error:
                    if attempt == _TRIES:
                        raise ConcurrentChange from error
                except Exception as error:
                    if attempt == _TRIES or not is_contention(error):
                        raise
                await asyncio.sleep(random.uniform(0.002, 0.02) * attempt)  # noqa: S311 - jitter
        raise AssertionError("unreachable")

    async def _once(
        self,
        message: Message,
        handler: Callable[[Command, Work], Awaitable[Result]],
        command: Command,
        render: Callable[[Result], Answer] | None,
    ) -> Done[Result] | Taken:
        claimed, done, committed = _OF_REQUESTS if message.source.startswith("http:") else _OF_OTHERS
        async with self._database.session() as session:
            if taken := await inbox.claim(session, message):
                return taken
            failpoints.reach(claimed)
            transaction = Transaction(session, self._source, self._clock.now(), self._clock.today())
            result = await handler(command, self._open_work(transaction))
            await session.flush()
            await outbox.write(session, transaction.events, transaction.erased)
            answer = render(result) if render else None
            if answer is not None:
                await inbox.remember(session, message, answer)
            failpoints.reach(done)
            try:
                await session.commit()
            except Exception as error:
                if is_transient(error):
                    raise OutcomeUnknown from error
                raise
        failpoints.reach(committed)
        if transaction.events or transaction.erased or transaction.wakes:
            self._waker.wake()
        return Done(result, answer)
