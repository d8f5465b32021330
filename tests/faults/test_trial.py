"""Two short trials on real processes, so that the harness itself never rots."""

from pathlib import Path

import pytest

from tests.faults.scenario import scenario_on
from tests.faults.trial import platform_in, run


@pytest.mark.engine
@pytest.mark.timeout(600)
async def test_what_impatient_clients_were_told_holds_and_a_rush_sells_no_place_twice(tmp_path: Path) -> None:
    async with platform_in(tmp_path / "wex") as platform, scenario_on(platform) as scenario:
        trials = [await run(scenario, cell, 1, at_once=2) for cell in ("F17", "F16")]

    assert [trial.violations for trial in trials] == [[], []]
