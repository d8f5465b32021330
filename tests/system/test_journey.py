"""The main job on a platform of its own: real processes, real engines, every step, and seen from outside."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from wex import top
from wex.journey.main import STEPS, run
from wex.platform import Platform
from wex.ports import SERVICES
from wex.top import Sample


@pytest.mark.engine
@pytest.mark.timeout(180)
async def test_the_journey_is_walked_from_the_register_to_the_ledger(tmp_path: Path) -> None:
    told = io.StringIO()
    async with Platform(tmp_path / "wex", topic_partitions=3) as platform:
        code = await run(platform, Console(file=told, width=200))
        seen = await top.look(platform.addresses)
    assert code == 0, told.getvalue()
    assert all(step.title in told.getvalue() for step in STEPS)
    nothing = Sample(seen.at - 60)
    for service in SERVICES:
        line = top.line(service, nothing, seen)
        assert None not in (line.requests, line.p99_ms, line.published, line.consumed, line.outbox), service
        assert line.requests, service
        assert line.published, service
    assert top.confirmed(nothing, seen)
