"""The main job on a platform of its own: real processes, real engines, every step."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from wex.journey.main import STEPS, run
from wex.platform import Platform


@pytest.mark.timeout(180)
async def test_the_journey_is_walked_from_the_register_to_the_ledger(tmp_path: Path) -> None:
    told = io.StringIO()
    async with Platform(tmp_path / "wex", topic_partitions=3) as platform:
        code = await run(platform, Console(file=told, width=200))
    assert code == 0, told.getvalue()
    assert all(step.title in told.getvalue() for step in STEPS)
