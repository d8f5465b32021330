"""One short trial on real processes, so that the harness itself never rots."""

from pathlib import Path

import pytest

from tests.faults.trial import platform_in, run
from tests.faults.world import world_on


@pytest.mark.timeout(120)
async def test_what_impatient_clients_were_told_holds(tmp_path: Path) -> None:
    async with platform_in(tmp_path / "wex") as platform, world_on(platform) as world:
        trial = await run(world, "F17", 1, at_once=1)

    assert trial.violations == []
