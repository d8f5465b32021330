"""One service's database server is lost in the middle of work, and brought back to a moment before."""

import asyncio
import os
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.faults.reading import Rows
from wex import backups
from wex.platform import Platform
from wex.shape import cluster_of

# How far behind a consumer may have been at the moment. In a drill all was quiet a little before.
LAG_SECONDS = 60
_SAID = """
    select coalesce(headers ->> 'ce_type', 'tombstones') as kind, count(*) as times from (
        select headers, created_at from outbox_archive union all select headers, created_at from outbox) said
    where created_at > $1 group by 1
"""
_TAKEN = """
    select count(*) filter (where source like 'http:%'), count(*) filter (where source not like 'http:%')
    from inbox where received_at > $1
"""


@dataclass
class Lost:
    """What was committed after the moment and is gone, what was done about it, and how long that took."""

    service: str
    moment: datetime
    events: dict[str, int] = field(default_factory=dict)  # said since, by type
    requests: int = 0  # answered since
    messages: int = 0  # of others, taken since
    told: list[str] = field(default_factory=list)  # what `restored` said
    seconds: dict[str, float] = field(default_factory=dict)  # from the loss on, until

    @property
    def aggregates(self) -> dict[str, int]:
        """What others were told is over, by the type of the event they had heard."""
        return dict(Counter(line.rpartition(" ")[2] for line in self.told if line.startswith("lost ")))


async def lose_and_restore(platform: Platform, rows: Rows, service: str, moment: datetime) -> Lost:
    """Kill the server and delete its data; restore it; have the service be heard again; start it."""
    server, lost = platform.database_server(cluster_of(service)), Lost(service, moment)
    lost.events = {row["kind"]: row["times"] for row in await rows.ask(service, _SAID, moment)}
    lost.requests, lost.messages = (await rows.ask(service, _TAKEN, moment))[0]
    await backups.archived_until_now(server)
    began = time.monotonic()
    platform.kill(server.name)
    await asyncio.to_thread(backups.lose, server)
    await asyncio.sleep(2)  # until somebody has come to look: clients are told to ask again
    processes = platform.of_each("worker")[service] + platform.of_each("api")[service]
    await asyncio.gather(*(platform.stop(name) for name in processes))
    lost.seconds["processes stopped"] = time.monotonic() - began
    await asyncio.to_thread(backups.restore, server, moment)
    await platform.start(server.name)
    lost.seconds["server restored"] = time.monotonic() - began
    lost.told = await heard_again(platform, service, moment)
    lost.seconds["heard again"] = time.monotonic() - began
    for name in processes:
        await platform.start(name)
    lost.seconds["ready"] = time.monotonic() - began
    return lost


async def heard_again(platform: Platform, service: str, moment: datetime) -> list[str]:
    """`python -m <service> restored`, as an operator runs it; the lines it prints."""
    said = await _run(platform, service, "restored", "--to", moment.isoformat(), "--lag", str(LAG_SECONDS))
    return said.splitlines()


async def _run(platform: Platform, service: str, *arguments: str) -> str:
    environment = platform.command(f"{service}-worker").environment
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", service, *arguments),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    if process.returncode:
        raise RestoreFailed(f"{service} {arguments[0]}: {out.decode()}{errors.decode()}")
    return out.decode()


class RestoreFailed(Exception):  # noqa: N818 - what a drill ends with
    """A step of the restore ended with an error."""


def now() -> datetime:
    """The moment it is, by the clock the databases commit by."""
    return datetime.now(UTC)
