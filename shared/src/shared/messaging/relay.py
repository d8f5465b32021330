"""The relay: takes the oldest outbox rows of its shards in id order and publishes them."""

import asyncio
import contextlib
from datetime import UTC, datetime
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from shared import failpoints
from shared.bus.outbox import SHARDS
from shared.bus.wake import CHANNEL
from shared.messaging import kafka
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.sender import Sender, SetAside
from shared.persistence.database import Database, is_transient
from shared.telemetry import metrics
from shared.telemetry.logs import logger

BATCH = 2_000
LOOK_SECONDS = 0.05  # between two looks at the lock while rows are on their way
POLL_SECONDS = 1.0
RETRY_SECONDS = 0.5
_LOCK_SPACE = 8_254_100
log = logger(__name__)

_TAKE = """
    select id, topic, key, headers, payload, created_at from outbox
    where shard = $1 and topic <> all ($3::text[])
      and not exists (select from unnest($4::text[], $5::text[]) as aside (topic, key)
                      where aside.topic = outbox.topic and aside.key = outbox.key)
    order by id limit $2
"""
_MAY_WRITE = "select current_setting('transaction_read_only') = 'off'"
_ARCHIVE = """
    with published as (
      delete from outbox where id = any ($1::bigint[])
      returning id, topic, key, event_id, headers, payload, created_at)
    insert into outbox_archive (outbox_id, topic, key, event_id, headers, payload, created_at)
    select * from published
"""
_LOCK = "select pg_try_advisory_lock($1, $2)"


class LockLostError(Exception):
    """The server that gave the shard's lock may not be written to any more: its locks are nobody's."""


class Relay:
    """Publishes one service's outbox, one shard after another holding that shard's lock.

    One relay per shard holds its advisory lock, so events of one key leave in the order of
    their commits; rows go to the archive after the broker's acknowledgement, so a crash in between
    sends them twice and the readers' inboxes drop the second.
    """

    def __init__(
        self, database: Database, bootstrap: str, *, service: str, topic_prefix: str = "", batch: int = BATCH
    ) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._service = service
        self._prefix = topic_prefix
        self._batch = batch
        self._woken = [asyncio.Event() for _ in range(SHARDS)]
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._aside = SetAside()
        self._heartbeats = [Heartbeat(f"relay of shard {shard}") for shard in range(SHARDS)]

    @property
    def heartbeat(self) -> Heartbeat:
        """Of the shard that went round longest ago."""
        return max(self._heartbeats, key=lambda each: each.idle_seconds)

    async def start(self) -> None:
        """Begin with every shard whose lock is free; the others as they become free."""
        self._tasks = [asyncio.create_task(self._keep_listening(), name="relay listen")]
        self._tasks += [
            asyncio.create_task(self._keep_relaying(shard), name=f"relay {shard}") for shard in range(SHARDS)
        ]

    async def stop(self) -> None:
        """Finish the batches in flight and let the locks go."""
        self._stopping.set()
        for woken in self._woken:
            woken.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=kafka.SEND_DEADLINE)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_relaying(self, shard: int) -> None:
        while not self._stopping.is_set():
            try:
                await self._relay(shard)
            except Exception as error:
                if not (is_transient(error) or isinstance(error, KafkaError | LockLostError)):
                    log.exception("relay_failed", shard=shard)
                else:
                    log.warning("relay_interrupted", shard=shard, error=type(error).__name__)
                self._heartbeats[shard].beat()
                await self._rest(RETRY_SECONDS)

    async def _relay(self, shard: int) -> None:
        # The connection that holds the lock also takes and removes rows: without the lock it has none.
        connection = await self._database.connect()
        try:
            while not await connection.fetchval(_LOCK, _LOCK_SPACE, shard):
                self._heartbeats[shard].beat()
                if await self._rest(POLL_SECONDS):
                    return
            await self._drain(shard, connection)
        finally:
            connection.terminate()

    async def _drain(self, shard: int, connection: "asyncpg.Connection[Any]") -> None:
        producer = kafka.producer(self._bootstrap, f"{self._service}-relay-{shard}")
        try:
            await asyncio.wait_for(producer.start(), kafka.SEND_DEADLINE)
            sender = Sender(producer, self._prefix, self._aside)
            while not self._stopping.is_set():
                self._woken[shard].clear()
                await _must_be_held(connection)
                rows = await self._take(shard, connection)
                self._heartbeats[shard].beat()
                if not rows:
                    await self._pause(shard, POLL_SECONDS)
                    continue
                failpoints.reach("R1")
                sent = await self._send_while_held(connection, sender, rows)
                failpoints.reach("R3")
                await connection.execute(_ARCHIVE, [row["id"] for row in sent])
                failpoints.reach("R4")
                self._count(sent)
        except BaseException:
            # Another relay may hold the lock by now: what this producer still has in hand is not sent.
            await kafka.abandon(producer)
            raise
        # Still under the lock: after this, the producer sends nothing any more.
        await kafka.stop_quietly(producer)

    async def _take(self, shard: int, connection: "asyncpg.Connection[Any]") -> list[asyncpg.Record]:
        self._aside.look_again()
        topics, keys = list(self._aside.topics), list(self._aside.keys)
        rows = await connection.fetch(
            _TAKE, shard, self._batch, topics, [topic for topic, _ in keys], [key for _, key in keys]
        )
        return list(rows)

    async def _send_while_held(
        self, connection: "asyncpg.Connection[Any]", sender: Sender, rows: list[asyncpg.Record]
    ) -> list[asyncpg.Record]:
        """Send the rows; as soon as the lock's connection is lost or may not write, no more is sent.

        Raises what the connection raises, or `LockLostError`.
        """
        sending = asyncio.create_task(sender.send(rows))
        try:
            async with asyncio.timeout(kafka.SEND_DEADLINE):
                while True:
                    done, _ = await asyncio.wait({sending}, timeout=LOOK_SECONDS)
                    if done:
                        return sending.result()
                    await _must_be_held(connection)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def _count(self, rows: list[asyncpg.Record]) -> None:
        if not rows:
            return
        now = datetime.now(UTC)
        metrics.published.add(len(rows))
        metrics.publish_seconds.record((now - rows[0]["created_at"]).total_seconds())

    async def _keep_listening(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - without it the relay still polls
                log.warning("relay_not_listening", error=type(error).__name__)
                await self._rest(RETRY_SECONDS)

    async def _listen(self) -> None:
        connection = await self._database.connect()
        try:
            await connection.add_listener(CHANNEL, self._on_wake)
            while not (connection.is_closed() or await self._rest(POLL_SECONDS)):
                pass
        finally:
            connection.terminate()

    def _on_wake(self, *_: object) -> None:
        for woken in self._woken:
            woken.set()

    async def _pause(self, shard: int, seconds: float) -> None:
        """Wait until woken or `seconds` passed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken[shard].wait(), seconds)

    async def _rest(self, seconds: float) -> bool:
        """Wait, whatever is committed meanwhile; True as soon as stopping."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()


async def _must_be_held(connection: "asyncpg.Connection[Any]") -> None:
    """Raises where the connection, and so the lock, is lost, or its server has become read-only."""
    if not await connection.fetchval(_MAY_WRITE):
        raise LockLostError
