"""Restoring: a service whose database was brought back to an earlier moment is heard again, and agrees.

Since that moment it published what it no longer knows, and consumed what its database has not seen. So it
begins a new epoch, whose sequences are above all it ever said; reads its topics again from before the moment;
settles, one by one, what it said since; and tells its whole state anew. Each step may be run again.
"""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aiokafka import ConsumerRecord
from sqlalchemy import text

from shared.bus.command_bus import CommandBus
from shared.bus.inbox import Message
from shared.bus.outbox import SEQUENCES_OF_AN_EPOCH
from shared.bus.transaction import Transaction
from shared.bus.wake import Waker
from shared.contracts.contract import Contract, source_of
from shared.contracts.envelope import Event, from_message
from shared.kernel import Clock
from shared.messaging import positions
from shared.messaging.announcing import Announcement, Announcer
from shared.messaging.rewinding import rewind, said_since
from shared.persistence.database import Database
from shared.telemetry.logs import logger

# How far behind a consumer may have been at the moment: what it took later was sent so long before.
LAG = timedelta(days=1)
CLOCKS_APART = timedelta(minutes=1)  # between the database, whose moment it is, and the brokers
LOST = "lost-in-restore"  # the reason told of what ends because it was lost
SETTLING = "restored"  # the source of the claims: what is settled once is not settled again
_ANNOUNCED_A_SECOND = 5_000  # nobody else is served meanwhile
_BEGIN = text(
    """
    update epoch set number = greatest(number, :heard) + 1, restored_to = :moment
    where restored_to is distinct from :moment
    """
)
_EPOCH = text("select number from epoch")
_LOST = text("select type, key from lost_aggregates where noted_at >= :since order by type, key")
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """What an event of the service's own means when its database may no longer know of it.

    `settle` looks whether it does. Where it does not, either the service does again what it said it did, or
    tells the others the end of what they heard of, and notes the aggregate as lost. `tenants` are those it
    acts for.
    """

    contract: type[Contract]
    settle: Callable[[Event[Any], Transaction], Awaitable[None]]
    tenants: Callable[[Any], frozenset[UUID]]


@dataclass(slots=True)
class Restored:
    """What was done: all numbers are of events, but for the epoch's and the aggregates announced."""

    epoch: int
    read_again: int = 0
    settled: int = 0
    announced: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    lost: list[tuple[str, str]] = field(default_factory=list)  # type of the event heard of, key


class Restorer:
    """Does what is to be done after a service's database was restored, while nothing else of it runs."""

    def __init__(
        self,
        database: Database,
        waker: Waker,
        clock: Clock,
        *,
        service: str,
        bootstrap: str,
        topic_prefix: str,
        own_topics: Sequence[str],
        heard_topics: Sequence[str],
    ) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._group = topic_prefix + service
        self._own_topics = [topic_prefix + topic for topic in own_topics]
        self._heard_topics = [topic_prefix + topic for topic in heard_topics]
        source = source_of(service)
        self._bus: CommandBus[Transaction] = CommandBus(
            database, lambda transaction: transaction, clock, waker, source=source
        )
        self._announcer = Announcer(database, waker, clock, source=source)

    async def restore(
        self,
        moment: datetime,
        own_events: Sequence[OwnEvent],
        announcements: Sequence[Announcement],
        lag: timedelta = LAG,
    ) -> Restored:
        """All steps, in an order in which any of them may fail and everything be run again.

        Raises `GroupAtWorkError` where a worker of the service still runs.
        """
        done = Restored(await self._begin_epoch(moment))
        if self._heard_topics:
            done.read_again = await self._hear_again(moment - lag)
        await self._settle(moment, {each.contract.type: each for each in own_events}, done)
        for announcement in announcements:
            done.announced += await self._announcer.announce(announcement, rate=_ANNOUNCED_A_SECOND)
        async with self._database.session() as db:
            done.lost = [(row.type, row.key) for row in await db.execute(_LOST, {"since": moment})]
        return done

    async def _begin_epoch(self, moment: datetime) -> int:
        """Begin an epoch above all that was heard since the moment, once for a moment; its number."""
        heard = 0
        async for record in self._said_since(moment):
            heard = max(heard, _epoch_of(record))
        async with self._database.session() as db:
            await db.execute(_BEGIN, {"moment": moment, "heard": heard})
            epoch = int(await db.scalar(_EPOCH) or 0)
            await db.commit()
        return epoch

    async def _hear_again(self, moment: datetime) -> int:
        """Move the group back. Whoever had not caught up in this database may not be named as if it had."""
        up_to_date = {
            partition: {name for name, position in rows.items() if not position.behind}
            for partition, rows in (await positions.stored(self._database)).items()
        }
        return await rewind(self._bootstrap, self._group, self._heard_topics, moment, up_to_date)

    async def _settle(self, moment: datetime, known: dict[str, OwnEvent], done: Restored) -> None:
        contracts = {name: each.contract for name, each in known.items()}
        async for record in self._said_since(moment):
            kind = _header(record, "ce_type")
            if kind not in known or record.value is None or _epoch_of(record) >= done.epoch:
                continue  # nothing to settle in it, or said after the restore
            try:
                await self._settle_one(known[kind], from_message(record.headers, record.value, contracts))
                done.settled += 1
            except Exception as error:  # noqa: BLE001 - told, and tried again when this is run again
                log.warning("not_settled", type=kind, error=type(error).__name__)
                done.failed[f"{kind}: {type(error).__name__}"] += 1

    async def _settle_one(self, own: OwnEvent, event: Event[Any]) -> None:
        message = Message(SETTLING, str(event.id), own.tenants(event.data))
        await self._bus.execute(message, own.settle, event)

    def _said_since(self, moment: datetime) -> AsyncIterator[ConsumerRecord[Any, Any]]:
        return said_since(self._bootstrap, self._own_topics, moment - CLOCKS_APART)


def _epoch_of(record: ConsumerRecord[Any, Any]) -> int:
    return int(_header(record, "ce_sequence") or 0) // SEQUENCES_OF_AN_EPOCH


def _header(record: ConsumerRecord[Any, Any], wanted: str) -> str:
    return next((value.decode() for name, value in record.headers if name == wanted), "")
