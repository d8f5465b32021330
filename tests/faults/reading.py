"""Reads the databases as superuser and the topics by a plain consumer: nothing of the services' own code."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import yaml
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from asyncpg.connect_utils import SessionAttribute

from shared.persistence.provision import with_database
from tests.faults.seen import Booking, Clearance, Entry, Overdue, Told
from wex.environment import Addresses

SERVICES = ("opportunities", "bookings", "safeguarding", "outcomes", "integrations")
TOPICS = Path(__file__).parents[2] / "deploy" / "topics.yaml"
# Not what a service knows, but how it works: claims, queues, clocks.
_WORKINGS = {
    "outbox", "outbox_archive", "inbox", "inbox_brief", "inbox_long", "parked_messages", "parked_acts",
    "deadlines", "alembic_version", "schema_floor", "partitioned_tables", "webhook_queue",
    "day_counts", "countings", "day_totals", "differences",
}  # fmt: skip


class Rows:
    """The five databases."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    async def ask(self, service: str, query: str, *values: Any) -> list[Any]:
        """The rows of one query."""
        url = with_database(self._addresses.server(service), f"wex_{service}")
        connection = await asyncpg.connect(url, timeout=10, target_session_attrs=SessionAttribute.read_write)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    async def bookings(self, sessions: list[str]) -> list[Booking]:
        rows = await self.ask(
            "bookings",
            """select b.booking_id::text, b.institution_id::text, b.session_id::text,
                      b.state, b.places, b.version,
                      array(select l.learner_id::text from booking_learners l
                            where l.booking_id = b.booking_id) as learners
               from bookings b where b.session_id = any ($1::uuid[])""",
            sessions,
        )
        return [
            Booking(
                r["booking_id"], r["institution_id"], r["session_id"], tuple(r["learners"]), r["state"],
                r["places"] if r["state"] != "waitlisted" else 0, r["version"],
            )
            for r in rows
        ]  # fmt: skip

    async def places(self, sessions: list[str]) -> dict[str, tuple[int, int]]:
        query = """select session_id::text as id, places, taken from session_places
                   where session_id = any ($1::uuid[])"""
        return {r["id"]: (r["places"], r["taken"]) for r in await self.ask("bookings", query, sessions)}

    async def clearances(self, bookings: list[str]) -> list[Clearance]:
        query = """select booking_id::text as id, state, version from clearances
                   where booking_id = any ($1::uuid[])"""
        rows = await self.ask("safeguarding", query, bookings)
        return [Clearance(r["id"], r["state"], r["version"]) for r in rows]

    async def copies(self, bookings: list[str]) -> dict[str, tuple[int, bool]]:
        query = (
            "select booking_id::text as id, sequence, ended from bookings where booking_id = any ($1::uuid[])"
        )
        return {r["id"]: (r["sequence"], r["ended"]) for r in await self.ask("outcomes", query, bookings)}

    async def ledger(self, learners: list[str]) -> list[Entry]:
        query = """select e.entry_id::text, a.learner_id::text, e.booking_id::text, e.sequence, e.kind,
                          e.minutes, e.reverses::text
                   from ledger_entries e join accounts a using (account_id)
                   where a.learner_id = any ($1::uuid[])"""
        return [Entry(*row) for row in await self.ask("outcomes", query, learners)]

    async def accounts(self, learners: list[str]) -> dict[str, int]:
        query = "select learner_id::text, entries from accounts where learner_id = any ($1::uuid[])"
        return {row[0]: row[1] for row in await self.ask("outcomes", query, learners)}

    async def totals(self, learners: list[str]) -> dict[str, int]:
        query = """select learner_id::text, sum(minutes) from learner_totals
                   where learner_id = any ($1::uuid[]) group by learner_id"""
        return {row[0]: row[1] for row in await self.ask("outcomes", query, learners)}

    async def booked(self, bookings: list[str]) -> set[str]:
        """Those of the bookings that are there."""
        query = "select booking_id::text from bookings where booking_id = any ($1::uuid[])"
        return {row[0] for row in await self.ask("bookings", query, bookings)}

    async def unassessed(self) -> int:
        """Days whose evidence has changed and is to be looked at."""
        query = "select count(*) from deadlines where name = 'assessment'"
        return int((await self.ask("outcomes", query))[0][0])

    async def unreviewed(self) -> int:
        """Clearances that are to be decided again."""
        query = "select count(*) from deadlines where name = 'clearance-review'"
        return int((await self.ask("safeguarding", query))[0][0])

    async def claims(self, events: list[str]) -> set[tuple[str, str]]:
        """In which inboxes each of the events is, and under which subscription."""
        query = (
            "select source, message_id from inbox where message_id = any ($1) and source not like 'http:%'"
        )
        return {(f"{s}: {r[0]}", r[1]) for s in SERVICES for r in await self.ask(s, query, events)}

    async def overdue(self, ahead: float) -> list[Overdue]:
        """Deadlines that passed some time ago by the business clock, which is so many seconds ahead."""
        query = """select name, dead_at, extract(epoch from business.now - greatest(due_at, try_at)) as late
                   from deadlines, (select now() + make_interval(secs => $1) as now) as business
                   where dead_at is not null
                      or greatest(due_at, try_at) < business.now - interval '10 seconds'"""
        return [
            Overdue(s, r["name"], float(r["late"]), r["dead_at"] is not None)
            for s in SERVICES
            for r in await self.ask(s, query, ahead)
        ]

    async def outboxes(self) -> dict[str, int]:
        return {s: (await self.ask(s, "select count(*) from outbox"))[0][0] for s in SERVICES}

    async def parked(self) -> list[str]:
        query = "select consumer, key, reason from parked_messages where replayed_at is null"
        return [
            f"{s}: {r['consumer']} {r['key']} {r['reason']}"
            for s in SERVICES
            for r in await self.ask(s, query)
        ]

    async def waiting(self) -> int:
        """Messages that are set aside until their fact comes, or stand behind one that is."""
        query = "select count(*) from parked_messages where replayed_at is null and state = 'waiting'"
        return sum([(await self.ask(s, query))[0][0] for s in SERVICES])

    async def undecided(self, sessions: list[str]) -> int:
        """Bookings that wait for safeguarding, and lines that are to be called up at once."""
        rows = await self.ask(
            "bookings",
            """select (select count(*) from bookings where session_id = any ($1::uuid[])
                       and state = 'awaiting_clearance')
                    + (select count(*) from deadlines where name = 'waiting-list')""",
            sessions,
        )
        return int(rows[0][0])

    async def undelivered(self, *, at_once: bool) -> int:
        """Webhooks on their way; `at_once` ends the lease of one whose sender died, as a minute would."""
        if at_once:
            await self.ask("integrations", "update webhook_queue set due_at = least(due_at, now())")
        return int((await self.ask("integrations", "select count(*) from webhook_queue"))[0][0])

    async def fingerprints(self) -> dict[str, str]:
        """A digest of every table that keeps what a service knows."""
        found: dict[str, str] = {}
        for service in SERVICES:
            tables = await self.ask(service, "select tablename from pg_tables where schemaname = 'public'")
            for name in sorted({row[0] for row in tables} - _WORKINGS):
                query = f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {name} t"
                found[f"{service}.{name}"] = (await self.ask(service, query))[0][0]
        return found


class Log:
    """Every topic, read to its end from where it was read last."""

    def __init__(self, bootstrap: str, partitions: int) -> None:
        self._bootstrap = bootstrap
        topics = yaml.safe_load(TOPICS.read_text())["topics"]
        self.partitions = [
            TopicPartition(topic["name"], number)
            for topic in topics
            for number in range(min(partitions, topic["partitions"]))
        ]
        self.raw: list[Any] = []
        self._next = dict.fromkeys(self.partitions, 0)

    async def read(self) -> list[Told]:
        """All messages so far; tombstones and what is no event of ours are left out."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(self.partitions)
            for partition, offset in self._next.items():
                consumer.seek(partition, offset)
            ends = await consumer.end_offsets(self.partitions)
            while behind := [p for p in self.partitions if self._next[p] < ends[p]]:
                for partition, records in (await consumer.getmany(*behind, timeout_ms=500)).items():
                    self.raw += records
                    self._next[partition] = records[-1].offset + 1
        finally:
            await consumer.stop()
        return [told for record in self.raw if (told := _told(record))]

    def announced(self) -> set[str]:
        """The ids of the events read so far that told what was known before."""
        return {
            dict(record.headers).get("ce_id", b"").decode()
            for record in self.raw
            if "ce_announced" in dict(record.headers)
        }

    async def ends(self) -> dict[TopicPartition, int]:
        """Where every partition ends."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(self.partitions)
            ends: dict[TopicPartition, int] = await consumer.end_offsets(self.partitions)
            return ends
        finally:
            await consumer.stop()

    async def committed(self, group: str) -> dict[TopicPartition, Any]:
        """The offsets a consumer group has committed."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        try:
            offsets: dict[TopicPartition, Any] = await admin.list_consumer_group_offsets(group)
            return offsets
        finally:
            await admin.close()

    async def behind(self, ends: Mapping[TopicPartition, int]) -> int:
        """How many messages the five consumer groups together have not passed yet."""
        lag = 0
        for committed in await asyncio.gather(*(self.committed(service) for service in SERVICES)):
            topics = {partition.topic for partition in committed}
            for partition, end in ends.items():
                if partition.topic in topics:
                    done = committed[partition].offset if partition in committed else 0
                    lag += max(0, end - done)
        return lag


def _told(record: Any) -> Told | None:
    headers = {name: value.decode(errors="replace") for name, value in record.headers}
    try:
        data = json.loads(record.value or b"null")
    except ValueError:
        return None
    if data is None:
        return None
    return Told(
        record.topic,
        record.partition,
        record.offset,
        record.key.decode(),
        headers["ce_id"],
        headers["ce_type"],
        int(headers["ce_sequence"]),
        datetime.fromtimestamp(record.timestamp / 1000, UTC),  # the database's clock, and no service's own
        data,
    )
