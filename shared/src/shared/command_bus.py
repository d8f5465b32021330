"""The one door: every request, event and tick becomes a command and passes here."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context
from sqlalchemy.orm.exc import StaleDataError

from shared import failpoints
from shared.kernel import Clock, ConcurrentChange, Refusal
from shared.messaging import inbox, outbox
from shared.messaging.inbox import Answer, Message, Taken
from shared.messaging.wake import Waker
from shared.persistence.database import AsyncSession, Database, is_contention, is_transient
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


@dataclass(frozen=True, slots=True)
class Order(Generic[Command, Result]):
    """A command to be carried out once for its message.

    `render` makes the answer that is kept for the next one with the same key. `origin` is the trace
    it comes from, to which events of the aggregate `subject` belong also when many are carried out together.
    """

    message: Message
    command: Command
    render: Callable[[Result], Answer] | None = None
    subject: str = ""
    origin: Context | None = None


Outcome = Done[Result] | Taken | Exception
Handler = Callable[[Command, Work], Awaitable[Result]]
HandlerOfMany = Callable[[Sequence[Command], Work], Awaitable[Sequence[Result | Refusal]]]


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
        handler: Handler[Command, Work, Result],
        command: Command,
        render: Callable[[Result], Answer] | None = None,
    ) -> Done[Result] | Taken:
        """Carry out `command` once for `message`; `Taken` if the message was taken before.

        Where another transaction was quicker the whole is tried again. Raises the handler's refusals
        with nothing changed, and `OutcomeUnknown` when the database's answer to the commit was lost.
        """

        async def alone(commands: Sequence[Command], work: Work) -> Sequence[Result]:
            return [await handler(commands[0], work)]

        with _tracer.start_as_current_span(f"execute {type(command).__name__}"):
            (outcome,) = await self._persist([Order(message, command, render)], alone)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def execute_each(
        self, orders: Sequence[Order[Command, Result]], handler: HandlerOfMany[Command, Work, Result]
    ) -> list[Outcome[Result]]:
        """Carry out many commands in one transaction, each once for its message, in their order.

        The handler answers each with its result, or with a refusal and nothing changed for it. Refused
        are also those whose message cannot be taken now; but where an event cannot, the whole raises, for
        those behind it may not pass. So it does when the transaction fails: then nothing has happened.
        """
        kind = type(orders[0].command).__name__
        if len(orders) == 1:
            with _tracer.start_as_current_span(f"execute {kind}", context=orders[0].origin):
                return await self._persist(orders, handler)
        links = [trace.Link(trace.get_current_span(o.origin).get_span_context()) for o in orders if o.origin]
        with _tracer.start_as_current_span(f"execute {len(orders)} {kind}", context=Context(), links=links):
            return await self._persist(orders, handler)

    async def _persist(
        self, orders: Sequence[Order[Command, Result]], handler: HandlerOfMany[Command, Work, Result]
    ) -> list[Outcome[Result]]:
        for attempt in range(1, _TRIES + 1):
            try:
                return await self._once(orders, handler)
            except (StaleDataError, ConcurrentChange) as error:
                if attempt == _TRIES:
                    raise ConcurrentChange from error
            except Exception as error:
                if attempt == _TRIES or not is_contention(error):
                    raise
            await asyncio.sleep(random.uniform(0.002, 0.02) * attempt)  # noqa: S311 - jitter
        raise AssertionError("unreachable")

    async def _once(
        self, orders: Sequence[Order[Command, Result]], handler: HandlerOfMany[Command, Work, Result]
    ) -> list[Outcome[Result]]:
        messages = [order.message for order in orders]
        claimed, done, committed = _OF_REQUESTS if messages[0].source.startswith("http:") else _OF_OTHERS
        async with self._database.session() as session:
            standings = await inbox.claim(session, messages)
            _must_keep_their_order(messages, standings)
            new = [order for order, standing in zip(orders, standings, strict=True) if standing is None]
            if not new:
                return [standing for standing in standings if standing is not None]
            failpoints.reach(claimed)
            transaction = Transaction(
                session, self._source, self._clock.now(), self._clock.today(), _origins(new)
            )
            results = await handler([order.command for order in new], self._open_work(transaction))
            await session.flush()
            outcomes = [_outcome(order, result) for order, result in zip(new, results, strict=True)]
            kept = [
                (order.message, outcome.answer)
                for order, outcome in zip(new, outcomes, strict=True)
                if isinstance(outcome, Done)
            ]
            if kept:
                await outbox.write(session, transaction.events, transaction.erased)
                await inbox.keep(session, kept)
                failpoints.reach(done)
                await _commit(session)
                failpoints.reach(committed)
                if transaction.events or transaction.erased or transaction.wakes:
                    self._waker.wake()
        following = iter(outcomes)
        return [next(following) if standing is None else standing for standing in standings]


def _must_keep_their_order(
    messages: Sequence[Message], standings: Sequence[Taken | Exception | None]
) -> None:
    for message, standing in zip(messages, standings, strict=True):
        if message.lane is not None and isinstance(standing, Exception):
            raise standing


def _origins(orders: Sequence[Order[Any, Any]]) -> dict[str, Context]:
    return {order.subject: order.origin for order in orders if order.subject and order.origin}


def _outcome(order: Order[Any, Result], result: Result | Refusal) -> Done[Result] | Refusal:
    if isinstance(result, Refusal):
        return result
    return Done(result, order.render(result) if order.render else None)


async def _commit(session: AsyncSession) -> None:
    try:
        await session.commit()
    except Exception as error:
        if is_transient(error):
            raise OutcomeUnknown from error
        raise
