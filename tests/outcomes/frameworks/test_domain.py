"""Frameworks and their objectives, without I/O."""

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
