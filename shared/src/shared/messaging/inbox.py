"""The inbox: a message is taken once, by a row in the transaction of its effect."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kernel import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Message:
    """What asks for a command: an HTTP request, an event or a tick of the clock.

    `source` and `message_id` are its identity, `tenants` the organisations it acts for.
    `fingerprint` is the digest of a request's content, `lane` an event's topic and aggregate: behind a
    parked message of its lane, whoever parked it, a message waits.
    """

    source: str
    message_id: str
    tenants: frozenset[UUID] = frozenset()
    fingerprint: bytes | None = None
    lane: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP request was answered, kept to be given again for the same key."""

    status: int
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def stored(self) -> str:
        return json.dumps({"status": self.status, "headers": self.headers, "body": self.body})

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


class Blocked(Exception):  # noqa: N818 - an answer to the consumer: park this one too
    """An earlier message of the same aggregate is parked; this one waits behind it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The message was taken before; `answer` is what it was answered then, if it was a request."""

    answer: Answer | None


_BEGIN = text(
    """
    select set_config('app.tenants', :tenants, true),
           pg_try_advisory_xact_lock(hashtextextended(:identity, 0)) as mine,
           :key <> '' and exists (
             select from parked_messages
             where topic = :topic and key = :key and replayed_at is null) as blocked
    """
)
_CLAIM = text(
    """
    insert into inbox (source, message_id, fingerprint) values (:source, :message_id, :fingerprint)
    on conflict do nothing returning true
    """
)
_EARLIER = text("select fingerprint, answer from inbox where source = :source and message_id = :message_id")
_ANSWER = text(
    """
    update inbox set answer = cast(:answer as jsonb)
    where source = :source and message_id = :message_id
    """
)


async def claim(session: AsyncSession, message: Message) -> Taken | None:
    """Take the message within the open transaction and act for its tenants from here on.

    Returns what came of it when it was taken before, None when it is new. Raises `InFlight`,
    `KeyReused` for another content under the same key, `Blocked` behind a parked message.
    """
    topic, key = message.lane or ("", "")
    row = (
        await session.execute(
            _BEGIN,
            {
                "tenants": ",".join(map(str, sorted(message.tenants))),
                "identity": f"{message.source} {message.message_id}",
                "source": message.source,
                "topic": topic,
                "key": key,
            },
        )
    ).one()
    if not row.mine:
        raise InFlight
    identity = {"source": message.source, "message_id": message.message_id}
    if await session.scalar(_CLAIM, {**identity, "fingerprint": message.fingerprint}):
        if row.blocked:
            raise Blocked
        return None
    earlier = (await session.execute(_EARLIER, identity)).one()
    if earlier.fingerprint != message.fingerprint:
        raise KeyReused
    return Taken(Answer.restored(earlier.answer) if earlier.answer else None)


async def remember(session: AsyncSession, message: Message, answer: Answer) -> None:
    """Keep the answer beside the claim."""
    await session.execute(
        _ANSWER,
        {"source": message.source, "message_id": message.message_id, "answer": answer.stored()},
    )
