"""`python -m tests.local.five_at_once --rounds 10`: platforms that start at the same moment stay apart.

All of them want the usual ports, find them free at the same moment and race for them. Each must come up on
ports of its own, walk its journey, and hold that journey's events and no other's: the bookings in its topic
are those in its database, everything its services took in came from its own broker, and no event is in two.
"""

import argparse
import asyncio
import io
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer
from rich.console import Console
from rich.table import Table
from tests.infra.polling import eventually

from shared.messaging.topics import load_topics
from shared.persistence.provision import with_database
from wex.announcements import Announcement
from wex.journey.main import run as walk_journey
from wex.journey.platforms import LocalPlatform
from wex.kafka import cluster_id
from wex.platform import Platform
from wex.ports import SERVICES

_PARTITIONS = 3
_WITHIN = 900


@dataclass
class Walked:
    """What one platform came to."""

    seconds_to_ready: float = 0
    exchanged: int = 0
    cluster: str = ""
    events: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def main() -> None:
    """Run the rounds and show each; end with 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--platforms", type=int, default=5)
    parser.add_argument("--walk", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.walk:
        return walk_when_told(arguments.walk)
    console = Console()
    table = Table("round", "platforms", "ready after, s", "starts that changed ports", "events", "faults")
    failed = False
    for number in range(1, arguments.rounds + 1):
        walked = one_round(arguments.platforms)
        faults = [fault for each in walked for fault in each.faults] + shared_things(walked)
        failed = failed or bool(faults)
        table.add_row(
            str(number),
            str(len(walked)),
            f"{max(each.seconds_to_ready for each in walked):.0f}",
            str(sum(each.exchanged for each in walked)),
            " ".join(str(len(each.events)) for each in walked),
            "\n".join(faults) or "none",
        )
        console.print(f"round {number}: {len(faults)} faults", *faults, sep="\n  ")
    console.print(table)
    sys.exit(failed)


def one_round(platforms: int) -> list[Walked]:
    """Start so many platforms at the same moment, each under a supervisor of its own."""
    with tempfile.TemporaryDirectory(prefix="wex-at-once-") as name:
        folders = [Path(name) / str(number) for number in range(platforms)]
        processes = [
            subprocess.Popen(
                (sys.executable, "-m", "tests.local.five_at_once", "--walk", str(folder)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for folder in folders
        ]
        for process in processes:
            assert process.stdout is not None
            process.stdout.readline()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return [result_of(process) for process in processes]


def result_of(process: "subprocess.Popen[str]") -> Walked:
    """What a platform's supervisor printed at its end."""
    printed, _ = process.communicate(timeout=_WITHIN)
    if process.returncode:
        return Walked(faults=(f"a supervisor ended with code {process.returncode}",))
    return Walked(**json.loads(printed.splitlines()[-1]))  # before it stands what was logged on the way


def walk_when_told(folder: Path) -> None:
    """Say when everything is loaded, start when told to, and print what came of it."""
    sys.stdout.write("loaded\n")
    sys.stdout.flush()
    sys.stdin.readline()
    walked = asyncio.run(walk(folder))
    sys.stdout.write(f"\n{json.dumps(asdict(walked))}\n")


async def walk(folder: Path) -> Walked:
    """One platform: up on the usual ports if it gets them, its journey, and a look at what it holds."""
    walked = Walked()

    def note(announcement: Announcement) -> None:
        walked.exchanged += "port taken meanwhile" in announcement.detail

    began = time.monotonic()
    platform = Platform(folder, usual_ports=True, topic_partitions=_PARTITIONS, announce=note)
    async with platform:
        walked.seconds_to_ready = time.monotonic() - began
        shown = io.StringIO()
        code = await walk_journey(LocalPlatform(platform), Console(file=shown, width=200))
        walked.cluster = await cluster_id(platform.addresses.kafka) or ""
        if code:
            walked.faults += (f"the journey ended with {code}: {shown.getvalue()[-1500:]}",)
        try:
            walked.events = await eventually(lambda: own_events(platform), within=120)
        except AssertionError as error:
            walked.faults += (str(error),)
    return walked


async def own_events(platform: Platform) -> tuple[str, ...]:
    """The ids of all events in the topics, once they and the databases tell of the same."""
    records = await read_topics(platform.addresses.kafka)
    events = {header(record, "ce_id") for record in records}
    booked = {
        record.key.decode()
        for record in records
        if record.topic == "bookings.events" and header(record, "ce_type").startswith("booking.")
    }
    in_database = await column(platform, "bookings", "select booking_id::text from bookings")
    assert booked == in_database, "the bookings in the topic are not those in the database"
    # Claims of requests, deadlines and what ships with a service are of no events; a policy's bear its id.
    taken_in = "select message_id from inbox where source like 'when\\_%'"
    for service in SERVICES:
        foreign = await column(platform, service, taken_in) - events
        assert not foreign, f"{service} took in {len(foreign)} messages that its broker does not have"
    return tuple(sorted(events))


def shared_things(walked: list[Walked]) -> list[str]:
    """What two platforms have in common and should not."""
    events = [event for each in walked for event in each.events]
    clusters = [each.cluster for each in walked]
    faults = ["an event is in two platforms"] if len(set(events)) < len(events) else []
    return faults + (["two platforms have one broker"] if len(set(clusters)) < len(clusters) else [])


async def read_topics(bootstrap: str) -> list[Any]:
    """Every message of every topic that holds something."""
    topics = [topic.name for topic in load_topics()]
    consumer = AIOKafkaConsumer(
        *topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        records = []
        while any([await consumer.position(partition) < end for partition, end in ends.items()]):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                records += [record for record in batch if record.value is not None]
    finally:
        await consumer.stop()
    return records


async def column(platform: Platform, service: str, query: str) -> set[str]:
    """The first column of a query on a service's database, past every row-level security."""
    database = platform.database(service).name
    connection = await asyncpg.connect(with_database(platform.addresses.postgres, database))
    try:
        return {row[0] for row in await connection.fetch(query)}
    finally:
        await connection.close()


def header(record: Any, name: str) -> str:
    """A header of a message."""
    return str(next(value for key, value in record.headers if key == name), "utf-8")


if __name__ == "__main__":
    main()
