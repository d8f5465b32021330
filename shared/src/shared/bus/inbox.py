"""The inbox: a message is taken once, by a lock and a row in the transaction of its effect."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kernel import ConcurrentChange, Conflict, Invalid

MessageKind = Literal["request", "event", "deadline", "task"]
# Begin the source of every request and every deadline, in the claims as well.
REQUEST_SOURCE, DEADLINE_SOURCE = "http:", "deadline:"


@dataclass(frozen=True, slots=True)
class Message:
    """What asks for a command: an HTTP request, an event, a passed deadline or a task of the service's own.

    `source` and `message_id` are its identity, `tenants` the organisations it acts for.
    `fingerprint` is the digest of a request's content. `ordering_key` is an event's topic and key: while
    a message is parked that holds them, whichever subscription parked it, this one waits.
    """

    source: str
    message_id: str
    tenants: frozenset[UUID] = frozenset()
    fingerprint: bytes | None = None
    ordering_key: tuple[str, str] | None = None
    kind: MessageKind = "task"

    @property
    def identity(self) -> tuple[str, str]:
        return self.source, self.message_id


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP request was answered, kept to be given again for the same key."""

    status: int
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def stored(self) -> str:
        return to_json({"status": self.status, "headers": self.headers, "body": self.body}).decode()

    @classmethod
    def restored(cls, row: dict[str, Any]) -> "Answer":
        return cls(row["status"], row["body"], row["headers"])


class KeyReused(Invalid):
    """An Idempotency-Key stands for one request and its content."""

    slug = "idempotency-key-reused"
    title = "This Idempotency-Key was used for another request"


class InFlight(Conflict):
    """The same message is being worked on at this moment."""

    slug = "request-in-flight"
    title = "A request with this Idempotency-Key is being worked on"


class Blocked(Exception):  # noqa: N818 - tells the consumer to park this message too
    """An earlier message of the same aggregate is parked; this one waits behind it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The message was taken before; `answer` is what it was answered then, if it was a request."""

    answer: Answer | None


# What is asked of each message, whichever way its claim is found.
_LOCKED = "pg_try_advisory_xact_lock(hashtextextended(m.source || ' ' || m.message_id, 0)) as mine"
_BLOCKED = """m.key <> '' and exists (
             select from parked_messages p
             where p.topic = m.topic and p.key = m.key and p.replayed_at is null and p.holds) as blocked"""
_MESSAGES = """
    unnest(cast(:sources as text[]), cast(:ids as text[]), cast(:topics as text[]), cast(:keys as text[]))
         with ordinality as m(source, message_id, topic, key, position)"""
# Entering them tells which were there: a row that is inserted goes to its partition, and opens no other.
_ENTER = text(
    f"""
    with m as materialized (
      select source, message_id, position, {_LOCKED}, {_BLOCKED} from {_MESSAGES}),
    entered as (
      insert into inbox_long (source, message_id) select source, message_id from m where mine
      on conflict do nothing
      returning source, message_id)
    select set_config('app.tenants', :tenants, true), m.mine, m.blocked, e.source is null as taken,
           null::bytea as fingerprint, null::jsonb as answer
    from m left join entered e on e.source = m.source and e.message_id = m.message_id
    order by m.position
    """  # noqa: S608 - of constants alone
)
_LOOK = text(
    f"""
    select set_config('app.tenants', :tenants, true), {_LOCKED}, {_BLOCKED},
           i.source is not null as taken, i.fingerprint, i.answer
    from {_MESSAGES}
    left join inbox_brief i on i.source = m.source and i.message_id = m.message_id
    order by m.position
    """  # noqa: S608 - of constants alone
)
_KEEP = text(
    """
    insert into inbox_brief (source, message_id, fingerprint, answer)
    select source, message_id, fingerprint, answer::jsonb
    from unnest(cast(:sources as text[]), cast(:ids as text[]), cast(:fingerprints as bytea[]),
                cast(:answers as text[])) as m(source, message_id, fingerprint, answer)
    on conflict do nothing
    """
)


def are_brief(messages: Sequence[Message]) -> bool:
    """Whether these come again soon or never: requests and deadlines, which share no batch with others."""
    brief, *others = {message.source.startswith((REQUEST_SOURCE, DEADLINE_SOURCE)) for message in messages}
    if others:
        raise ValueError("claims of two kinds in one batch")
    return brief


async def claim(
    db: AsyncSession, messages: Sequence[Message]
) -> list[Taken | InFlight | KeyReused | Blocked | None]:
    """Lock the messages until the transaction ends, and act for their tenants from here on.

    For each: None when it is new, what came of it when it was taken before, or why it cannot be
    taken: another transaction has it, its key was used for other content, or it waits behind a parked one.
    A new one that is not brief is entered as taken at once: its effect must be in the same commit.
    """
    if len({message.identity for message in messages}) < len(messages):
        raise ValueError("one message twice in a batch")
    ordering_keys = [message.ordering_key or ("", "") for message in messages]
    rows = await db.execute(
        _LOOK if are_brief(messages) else _ENTER,
        {
            "tenants": ",".join(sorted({str(t) for message in messages for t in message.tenants})),
            "sources": [message.source for message in messages],
            "ids": [message.message_id for message in messages],
            "topics": [topic for topic, _ in ordering_keys],
            "keys": [key for _, key in ordering_keys],
        },
    )
    return [_claim_result(row, message) for row, message in zip(rows, messages, strict=True)]


async def keep(db: AsyncSession, taken: Sequence[tuple[Message, Answer | None]]) -> None:
    """Enter brief messages as taken, with their answers.

    Raises `ConcurrentChange` where one was entered between the look and the lock; the next try finds it
    taken.
    """
    result: Any = await db.execute(
        _KEEP,
        {
            "sources": [message.source for message, _ in taken],
            "ids": [message.message_id for message, _ in taken],
            "fingerprints": [message.fingerprint for message, _ in taken],
            "answers": [answer.stored() if answer else None for _, answer in taken],
        },
    )
    if result.rowcount != len(taken):
        raise ConcurrentChange


def _claim_result(row: Any, message: Message) -> Taken | InFlight | KeyReused | Blocked | None:
    if not row.mine:
        return InFlight()
    if row.taken:
        if row.fingerprint != message.fingerprint:
            return KeyReused()
        return Taken(Answer.restored(row.answer) if row.answer else None)
    return Blocked() if row.blocked else None
