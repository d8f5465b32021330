"""Which rows of each service are copies of what others say: read, compared and taken away."""

import json
from collections import Counter
from functools import partial
from typing import Any

import asyncpg

from tests.faults.reading import SERVICES, Rows
from tests.infra.polling import eventually

Row = dict[str, Any]

# Told of a row beside what it says: at which telling it was heard. An ended booking is
# announced without the learners it had.
_BESIDE = {"sequence", "said_at"}
_COPIES: dict[str, dict[str, str]] = {
    "opportunities": {
        "assurances": "to_jsonb(t)",
        "places_taken": "to_jsonb(t)",
        "frameworks": "to_jsonb(t)",
    },
    "bookings": {
        "organisations": "to_jsonb(t)",
        "opportunities": "to_jsonb(t)",
        "assurances": "to_jsonb(t)",
    },
    "safeguarding": {
        "known_organisations": "to_jsonb(t)",
        "known_sites": "to_jsonb(t)",
        "known_opportunities": "to_jsonb(t)",
        "known_sessions": "to_jsonb(t)",
    },
    "outcomes": {
        "opportunities": "to_jsonb(t)",
        "sessions": "to_jsonb(t)",
        "session_days": "to_jsonb(t)",
        "bookings": "to_jsonb(t) - case when ended then '{learner_ids}' else '{}'::text[] end",
        "registers": "to_jsonb(t)",
        "attendances": "to_jsonb(t)",
    },
}
READERS = tuple(_COPIES)
# What hangs on a row that cannot go is emptied in its place: evidence names the bookings of outcomes.
_LOSE = {
    "opportunities": ["truncate assurances, places_taken, frameworks"],
    "bookings": ["truncate organisations, opportunities, assurances"],
    "safeguarding": ["truncate known_organisations, known_sites, known_opportunities, known_sessions"],
    "outcomes": [
        "truncate opportunities, sessions, session_days, registers, attendances",
        "update bookings set learner_ids = '{}', ended = false, sequence = 0",
    ],
}
# Not what a service knows, but how it works: claims, queues, clocks.
_WORKINGS = {
    "outbox", "outbox_archive", "inbox", "inbox_brief", "inbox_long", "parked_messages", "parked_acts",
    "deadlines", "announcements", "alembic_version", "schema_floor", "partitioned_tables",
    "epoch", "lost_aggregates", "day_counts", "countings", "day_totals", "differences",
}  # fmt: skip


async def copies_of(rows: Rows, reader: str) -> Counter[str]:
    """The rows a service has copied, each as what it says."""
    found: Counter[str] = Counter()
    for table, said in _COPIES[reader].items():
        for row in await rows.ask(reader, f"select {said} as said from {table} t"):
            found[f"{table} {_without(row['said'])}"] += 1
    return found


async def lose_copies(rows: Rows, reader: str) -> None:
    """Take everything away that a service has copied, while it works on these tables."""
    for statement in _LOSE[reader]:
        await eventually(partial(_lost, rows, reader, statement))


async def _lost(rows: Rows, reader: str, statement: str) -> bool:
    """Whether it is done; not where a statement of the service had locked the tables in another order."""
    try:
        await rows.ask(reader, statement)
    except asyncpg.DeadlockDetectedError:
        return False
    return True


async def knowledge(rows: Rows) -> dict[str, str]:
    """A digest of every table of every service, but for the sequences its rows were heard at."""
    found = {}
    for service in SERVICES:
        tables = await rows.ask(service, "select tablename from pg_tables where schemaname = 'public'")
        for name in sorted({row[0] for row in tables} - _WORKINGS):
            query = f"""select md5(coalesce(string_agg(said, '|' order by said), '')) as digest from (
                select (to_jsonb(t) - $1::text[])::text as said from {name} t) s"""
            beside = [] if name == "ledger_entries" else sorted(_BESIDE)
            found[f"{service}.{name}"] = (await rows.ask(service, query, beside))[0]["digest"]
    return found


def _without(said: str) -> str:
    row: Row = json.loads(said)
    return json.dumps({name: value for name, value in row.items() if name not in _BESIDE}, sort_keys=True)
