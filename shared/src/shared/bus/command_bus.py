"""The command bus: every request, event and passed deadline becomes a command and is carried out here."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context
from sqlalchemy.orm.exc import StaleDataError

from shared import failpoints
from shared.bus import inbox, outbox
from shared.bus.inbox import Answer, Message, Taken
from shared.bus.transaction import Transaction
from shared.bus.wake import Waker
from shared.kernel import Clock, ConcurrentChange, Refusal
from shared.persistence.database import AsyncSession, Database, is_contention, is_transient

Command = TypeVar("Command")
Result = TypeVar("Result")
UnitOfWork = TypeVar("UnitOfWork")

_TRIES = 4
# Failpoints after the claim, before COMMIT and after it: of a request, and of events and deadlines.
_REQUEST_POINTS, _OTHER_POINTS = ("A1", "A2", "A3"), ("C2", "C3", "C4")
_tracer = trace.get_tracer("wex.command_bus")


class OutcomeUnknown(Exception):  # noqa: N818 - the command may have been carried out
    """The commit was sent and its answer lost: only the same message, sent again, can tell."""


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """The command was carried out now."""

    result: Result
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class CommandEnvelope(Generic[Command, Result]):
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
Handler = Callable[[Command, UnitOfWork], Awaitable[Result]]
BatchHandler = Callable[[Sequence[Command], UnitOfWork], Awaitable[Sequence[Result | Refusal]]]


class CommandBus(Generic[UnitOfWork]):
    """Carries out commands: claim, handler, outbox and answer in one transaction, committed here."""

    def __init__(
        self,
        database: Database,
        open_unit_of_work: Callable[[Transaction], UnitOfWork],
        clock: Clock,
        waker: Waker,
        *,
        source: str,
    ) -> None:
        self._database = database
        self._open_unit_of_work = open_unit_of_work
        self._clock = clock
        self._waker = waker
        self._source = source

    async def execute(
        self,
        message: Message,
        handler: Handler[Command, UnitOfWork, Result],
        command: Command,
        render: Callable[[Result], Answer] | None = None,
    ) -> Done[Result] | Taken:
        """Carry out `command` once for `message`; `Taken` if the message was taken before.

        Where another transaction was quicker the whole is tried again. Raises the handler's refusals
        with nothing changed, and `OutcomeUnknown` when the database's answer to the commit was lost.
        """

        async def alone(commands: Sequence[Command], uow: UnitOfWork) -> Sequence[Result]:
            return [await handler(commands[0], uow)]

        with _tracer.start_as_current_span(f"execute {type(command).__name__}"):
            (outcome,) = await self._persist([CommandEnvelope(message, command, render)], alone)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def execute_each(
        self,
        envelopes: Sequence[CommandEnvelope[Command, Result]],
        handler: BatchHandler[Command, UnitOfWork, Result],
    ) -> list[Outcome[Result]]:
        """Carry out many commands in one transaction, each once for its message, in their order.

        The handler answers each with its result, or with a refusal and nothing changed for it. A request
        whose message cannot be taken now is refused too; for an event the whole raises in both cases, since
        later events may not overtake it. Where the transaction fails the whole raises, and nothing happened.
        """
        kind = type(envelopes[0].command).__name__
        if len(envelopes) == 1:
            with _tracer.start_as_current_span(f"execute {kind}", context=envelopes[0].origin):
                return await self._persist(envelopes, handler)
        links = [
            trace.Link(trace.get_current_span(o.origin).get_span_context()) for o in envelopes if o.origin
        ]
        with _tracer.start_as_current_span(
            f"execute {len(envelopes)} {kind}", context=Context(), links=links
        ):
            return await self._persist(envelopes, handler)

    async def _persist(
        self,
        envelopes: Sequence[CommandEnvelope[Command, Result]],
        handler: BatchHandler[Command, UnitOfWork, Result],
    ) -> list[Outcome[Result]]:
        for attempt in range(1, _TRIES + 1):
            try:
                return await self._once(envelopes, handler)
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
        envelopes: Sequence[CommandEnvelope[Command, Result]],
        handler: BatchHandler[Command, UnitOfWork, Result],
    ) -> list[Outcome[Result]]:
        messages = [envelope.message for envelope in envelopes]
        brief = inbox.are_brief(messages)
        claimed, done, committed = _REQUEST_POINTS if messages[0].kind == "request" else _OTHER_POINTS
        async with self._database.session() as db:
            claim_results = await inbox.claim(db, messages)
            _must_keep_their_order(messages, claim_results)
            new = [each for each, found in zip(envelopes, claim_results, strict=True) if found is None]
            if not new:
                return [found for found in claim_results if found is not None]
            failpoints.reach(claimed)
            transaction = Transaction(db, self._source, self._clock.now(), self._clock.today(), _origins(new))
            results = await handler(
                [envelope.command for envelope in new], self._open_unit_of_work(transaction)
            )
            await db.flush()
            outcomes = [_outcome(envelope, result) for envelope, result in zip(new, results, strict=True)]
            if not brief:
                _must_all_be_done(outcomes)
            kept = [
                (envelope.message, outcome.answer)
                for envelope, outcome in zip(new, outcomes, strict=True)
                if isinstance(outcome, Done)
            ]
            if kept:
                await outbox.write(db, transaction.events, transaction.erased)
                if brief:
                    await inbox.keep(db, kept)
                failpoints.reach(done)
                await _commit(db)
                failpoints.reach(committed)
                if transaction.events or transaction.erased or transaction.wakes:
                    self._waker.wake()
        carried_out = iter(outcomes)
        return [next(carried_out) if found is None else found for found in claim_results]


def _must_keep_their_order(
    messages: Sequence[Message], claim_results: Sequence[Taken | Exception | None]
) -> None:
    for message, claim_result in zip(messages, claim_results, strict=True):
        if message.ordering_key is not None and isinstance(claim_result, Exception):
            raise claim_result


def _must_all_be_done(outcomes: Sequence[Done[Any] | Refusal]) -> None:
    """All are entered as taken already: committed with the others, one without its effect would be lost."""
    for outcome in outcomes:
        if isinstance(outcome, Refusal):
            raise outcome


def _origins(envelopes: Sequence[CommandEnvelope[Any, Any]]) -> dict[str, Context]:
    return {
        envelope.subject: envelope.origin for envelope in envelopes if envelope.subject and envelope.origin
    }


def _outcome(envelope: CommandEnvelope[Any, Result], result: Result | Refusal) -> Done[Result] | Refusal:
    if isinstance(result, Refusal):
        return result
    return Done(result, envelope.render(result) if envelope.render else None)


async def _commit(db: AsyncSession) -> None:
    try:
        await db.commit()
    except Exception as error:
        if is_transient(error):
            raise OutcomeUnknown from error
        raise
