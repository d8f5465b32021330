"""Two short trials on real processes, so that the harness itself never rots."""

from pathlib import Path

import pytest

from tests.faults.trial import platform_in, run
from tests.faults.world import world_on


@pytest.mark.engine
@pytest.mark.timeout(600)
async def test_what_impatient_clients_were_told_holds_and_a_rush_sells_no_place_twice(tmp_path: Path) -> None:
    async with platform_in(tmp_path / "wex") as platform, world_on(platform) as world:
        trials = [await run(world, cell, 1, at_once=2) for cell in ("F17", "F16")]

    assert [trial.violations for trial in trials] == [[], []]
