"""Marked words sent everywhere: they may be where people's words are kept, and nowhere else."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import TopicPartition

from shared.persistence.provision import with_database
from tests.attack.documents import Operation, operations
from tests.attack.findings import Attack
from tests.attack.scenario import Scenario, marked_roster
from wex.journey import roster

# database.table.column: the only places that hold a name, a birth date or somebody's own words.
ALLOWED = {
    "bookings.learners.given_name",
    "bookings.learners.family_name",
    "bookings.learners.birth_date",
    "safeguarding.assurance_answers.answers",
    "safeguarding.concerns.description",
    "outcomes.reflections.text",
    "outcomes.feedback_learners.comment",
    "outcomes.session_evidence.detail",
}
# Events on their way arrive within it, and spans are handed over every second or so.
_SETTLING = 4.0
# A partition is read with the table it belongs to.
_COLUMNS = """
    select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'm') and not c.relispartition and a.attnum > 0 and not a.attisdropped
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
"""


async def attack_errors(scenario: Scenario) -> Attack:
    """Every operation, sent marked words where they do not belong: no refusal says them again."""
    attack = Attack("words in errors", "marked words in paths, queries, headers and bodies: not repeated")
    school = scenario.walk.organisation(scenario.walk.school)
    for operation in operations():
        token = scenario.token(operation.service, school) if operation.scopes else None
        for told, ids, changed in _faults(operation, scenario.mark):
            response = await scenario.send(operation, token, ids, **changed)
            status = response.status_code
            attack.expect(status < 500, f"{operation}, {told}: {status} {response.text[:200]}")
            repeated = status >= 400 and scenario.mark in f"{response.text} {response.headers}".lower()
            attack.expect(not repeated, f"{operation}, {told}: {status} repeats {response.text[:200]}")
        response = await scenario.send(operation, scenario.mark)
        attack.expect(
            scenario.mark not in response.text or not operation.scopes, f"{operation} repeats a token"
        )
    return attack.over()


def _faults(operation: Operation, mark: str) -> Iterator[tuple[str, dict[str, str], dict[str, Any]]]:
    names = [each["name"] for each in operation.parameters if each["in"] == "path"]
    if names:
        yield "a path", dict.fromkeys(names, mark), {}
    for each in operation.parameters:
        if each["in"] == "query":
            yield f"query {each['name']}", {}, {"params": {each["name"]: mark}}
    yield "an unknown query", {}, {"params": {mark: mark}}
    keyed = {"Idempotency-Key": str(uuid4()), "If-Match": mark, "X-Marked": mark}
    yield "a header", {}, {"headers": keyed}
    body = operation.body()
    if isinstance(body, dict):
        yield "an unknown member", {}, {"json": {**body, mark: mark}}
        for name in body:
            for value in (mark * 600, [mark], {mark: mark}):
                yield f"member {name}", {}, {"json": {**body, name: value}}
        yield "no object", {}, {"json": mark}
        yield "no JSON", {}, {"json": None, "content": f'{{"name": {mark}'.encode()}
        yield "too much", {}, {"json": {"name": mark * 200_000}}
    if operation.content is not None:
        yield "no archive", {}, {"content": mark.encode()}


async def attack_rosters(scenario: Scenario) -> Attack:
    """Rosters with faults in marked rows: refused row by row, without their words."""
    attack = Attack("words in rosters", "rosters whose marked rows are wrong: refused without their words")
    (operation,) = (each for each in operations() if each.told["operationId"] == "receiveRoster")
    school = scenario.walk.organisation(scenario.walk.school)
    good = roster.roster_zip(scenario.walk.today(), scenario.walk.school_digits)
    for _ in range(3):
        content = marked_roster(good, scenario.mark, spoilt=True)
        token = scenario.token("integrations", school)
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": str(uuid4()),
            "Content-Type": "application/zip",
        }
        response = await scenario.send(operation, token, headers=headers, content=content)
        attack.expect(response.status_code in (202, 422), f"{response.status_code} {response.text[:200]}")
        attack.expect(not hits(response.text, scenario.needles), f"the answer repeats: {response.text[:300]}")
    return attack.over()


async def attack_traces(scenario: Scenario) -> Attack:
    """Everything the platform keeps or says, searched for marked words, pupil numbers and birth dates."""
    attack = Attack("marked words", "topics, tables, logs, traces, metrics: none of the marked words")
    await asyncio.sleep(_SETTLING)
    needles = disguised(scenario.needles)
    found: dict[str, int] = {}
    async for where, content in _everything(scenario):
        attack.tried += 1
        if hits(content, needles):
            found[where] = found.get(where, 0) + 1
    missing = ALLOWED - found.keys()
    attack.expect(not missing, f"the search is blind: nothing found in {sorted(missing)}")
    attack.broken += [f"{where}: {count} times" for where, count in found.items() if where not in ALLOWED]
    return attack.over()


def hits(content: str, needles: list[str]) -> bool:
    """Whether one of the needles is in the content, in whatever case."""
    low = content.casefold()
    return any(needle in low for needle in needles)


def disguised(words: list[str]) -> list[str]:
    """The words as they are, percent-encoded, escaped as JSON, in hex and in base64; all in lower case.

    In base64 a word has three forms, by where in the whole it begins: of each, what the word alone decides.
    """
    forms = set[str]()
    for word in words:
        raw = word.encode()
        forms |= {word, raw.hex()}
        forms |= {"".join(f"%{byte:02x}" for byte in raw), "".join(f"\\u{byte:04x}" for byte in raw)}
        for case in (raw, raw.upper(), raw.capitalize()):
            for ahead in range(3):
                coded = base64.urlsafe_b64encode(b"\0" * ahead + case).decode()
                part = coded[-(-ahead * 8 // 6) : (ahead + len(case)) * 8 // 6].lower()
                forms |= {part, part.replace("-", "+").replace("_", "/")}
    return sorted(forms)


async def _everything(scenario: Scenario) -> AsyncIterator[tuple[str, str]]:
    async for each in _topics(scenario):
        yield each
    for service in scenario.platform.services:
        async for each in _tables(scenario, service):
            yield each
    platform = scenario.platform
    for folder in (platform.folders.logs, platform.folders.traces):
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                with file.open(errors="replace") as lines:
                    for line in lines:
                        yield f"{folder.name}/{file.name}", line
    for service in platform.services:
        for address in (platform.api(service), platform.worker(service)):
            response = await scenario.http.get(f"{address}/metrics")
            yield f"metrics of {service}", response.text


async def _topics(scenario: Scenario) -> AsyncIterator[tuple[str, str]]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=scenario.platform.addresses.kafka,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        partitions = await _partitions(scenario)
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        ends = await consumer.end_offsets(partitions)
        for partition in partitions:
            while await consumer.position(partition) < ends[partition]:
                for record in (await consumer.getmany(partition, timeout_ms=200)).get(partition, []):
                    parts = [record.key, record.value, *(v for _, v in record.headers)]
                    names = [name for name, _ in record.headers]
                    text = " ".join((part or b"").decode(errors="replace") for part in parts)
                    yield f"topic {partition.topic}", text + json.dumps(names)
    finally:
        await consumer.stop()


async def _partitions(scenario: Scenario) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=scenario.platform.addresses.kafka)
    await admin.start()
    try:
        topics = [topic for topic in await admin.list_topics() if not topic.startswith("__")]
        return [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in await admin.describe_topics(topics)
            for partition in topic["partitions"]
        ]
    finally:
        await admin.close()


async def _tables(scenario: Scenario, service: str) -> AsyncIterator[tuple[str, str]]:
    database = scenario.platform.database(service)
    url = with_database(scenario.platform.addresses.postgres, database.name)
    connection = await asyncpg.connect(url, timeout=10)
    try:
        for table, column in await connection.fetch(_COLUMNS):
            rows = await connection.fetch(f'select "{column}" from "{table}" where "{column}" is not null')
            for (content,) in rows:
                text = content.decode(errors="replace") if isinstance(content, bytes) else str(content)
                yield f"{service}.{table}.{column}", text
    finally:
        await connection.close()
