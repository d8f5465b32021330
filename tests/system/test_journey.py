"""The main job on a platform of its own: real processes, real engines, every step, and seen from outside."""

import asyncio
import io
from collections import Counter
from pathlib import Path

import httpx2
import pytest
from rich.console import Console

from tests.faults.reading import Rows
from tests.system import readme
from wex import stories, top
from wex.demo.main import seed
from wex.demo.world import read_world
from wex.folders import REPOSITORY
from wex.journey.main import STEPS, run
from wex.journey.platforms import LocalPlatform
from wex.platform import Platform
from wex.ports import SERVICES
from wex.top import Sample


@pytest.mark.engine
@pytest.mark.timeout(600)
async def test_the_journey_is_walked_and_what_the_readme_asks_finds_something(tmp_path: Path) -> None:
    told = io.StringIO()
    async with Platform(tmp_path / "wex", topic_partitions=3) as platform:
        code = await run(LocalPlatform(platform), Console(file=told, width=200))
        assert code == 0, told.getvalue()
        seen = await top.look(platform.addresses)
        await check_demo(platform)
        await check_story(platform)
        await check_readme(platform, tmp_path)
    assert all(step.title in told.getvalue() for step in STEPS)
    nothing = Sample(seen.at - 60)
    for service in SERVICES:
        line = top.line(service, nothing, seen)
        assert None not in (line.requests, line.p99_ms, line.published, line.consumed, line.outbox), service
        assert line.requests, service
        assert line.published, service
    assert top.confirmed(nothing, seen)


async def check_story(platform: Platform) -> None:
    """A credited booking's story is told over the services, in the order of time."""
    (credited,) = await Rows(platform.addresses).ask(
        "outcomes", "select booking_id::text as id from ledger_entries where kind = 'credited' limit 1"
    )
    told, failed = await asyncio.to_thread(stories.tell, platform.folders, credited["id"], None)
    assert (failed, told) == ("", sorted(told))
    acts = [tuple(part.strip() for part in line.split("  ", 1)[1].split("  ") if part) for line in told]
    for service, kind in (
        ("bookings", "booking.requested.v1"),
        ("safeguarding", "clearance.granted.v1"),
        ("bookings", "attendance.recorded.v1"),
        ("outcomes", "ledger.credited.v1"),
    ):
        assert (service, "said", kind) in acts, told
    heard = {service for service, act, *_ in acts if act == "heard"}
    assert heard == {"bookings", "safeguarding", "outcomes", "integrations"}


async def check_demo(platform: Platform) -> None:
    """The demo made twice is there once: every offer is found, every booking stands as it was meant to."""
    console, world = Console(file=io.StringIO()), read_world()
    once = await seed(platform.addresses, platform.folders, console)
    again = await seed(platform.addresses, platform.folders, console)
    titles = await searched(platform)
    assert sorted(titles) == sorted(offer.title for provider in world.providers for offer in provider.offers)
    left = Counter(group.left.replace("attended", "confirmed") for group in world.bookings)
    assert once.bookings == again.bookings == left
    assert once.credited_minutes == again.credited_minutes > 0
    assert once.learners == again.learners
    assert once.example == again.example


async def searched(platform: Platform) -> list[str]:
    """The titles of all that the public search finds."""
    titles, cursor = list[str](), None
    async with httpx2.AsyncClient(base_url=platform.api("opportunities")) as http:
        while True:
            asked = {"limit": 50} | ({"cursor": cursor} if cursor else {})
            page = (await http.get("/v1/opportunities", params=asked)).json()
            titles += [item["title"] for item in page["items"]]
            if not (cursor := page["next_cursor"]):
                return titles


async def check_readme(platform: Platform, folder: Path) -> None:
    """Every example of README.md succeeds as it stands, and its answer holds something."""
    for number, example in enumerate(readme.examples((REPOSITORY / "README.md").read_text())):
        answers = await readme.answers_to(example, platform, folder / f"example-{number}")
        assert answers, example
        assert all(answer.found for answer in answers), f"{example}\n{answers}"
