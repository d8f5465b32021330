"""Frameworks and their objectives, without I/O."""

from dataclasses import replace

import pytest

from outcomes.frameworks.domain import UnknownObjective, check_objectives
from outcomes.frameworks.shipped import shipped_frameworks


def test_the_shipped_framework_is_whole() -> None:
    equalex = shipped_frameworks().named("equalex")
    assert equalex.version == "2025-07"
    assert len(equalex.tiers) == 3
    assert sum(len(tier.outcomes) for tier in equalex.tiers) == 7
    assert len(set(equalex.objective_codes)) == 20
    assert [criterion.code for criterion in equalex.criteria] == [f"M{number}" for number in range(1, 8)]
    assert sum(stage.days for stage in equalex.guarantee) == 10


def test_an_objective_must_be_published() -> None:
    check_objectives(["IE-1.3"], shipped_frameworks().all(), field="body.objective_codes")
    with pytest.raises(UnknownObjective):
        check_objectives(["IE-9.9"], shipped_frameworks().all(), field="body.objective_codes")


def test_a_later_version_is_published_under_a_higher_number() -> None:
    """Before, every version was published as number 1, and readers kept the first."""
    equalex = shipped_frameworks().named("equalex")
    later = replace(equalex, version="2026-01")

    assert later.edition > equalex.edition > 1


@pytest.mark.parametrize("version", ["2026", "26-1", "2026-jan", "2026-01-02"])
def test_a_version_that_has_no_place_in_the_order_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match=r"version|invalid literal"):
        _ = replace(shipped_frameworks().named("equalex"), version=version).edition
