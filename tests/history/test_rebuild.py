"""What is announced changes nothing for who has it, and gives it back to who has lost it."""

from pathlib import Path

import pytest

from tests.faults.scenario import scenario_on
from tests.faults.trial import platform_in
from tests.history.rebuild import rebuild_all, told_to_who_knows


@pytest.mark.engine
@pytest.mark.timeout(1800)
async def test_copies_are_whole_again_after_an_announcement_which_changes_nothing_else(
    tmp_path: Path,
) -> None:
    async with (
        platform_in(tmp_path / "wex") as platform,
        scenario_on(platform, with_history=True) as scenario,
    ):
        told, changed = await told_to_who_knows(scenario)
        rebuilt = await rebuild_all(scenario, seed=1)

    assert told > 100
    assert changed == []
    assert {each.reader: each.missing for each in rebuilt} == {each.reader: [] for each in rebuilt}
    assert all(each.rows for each in rebuilt)
