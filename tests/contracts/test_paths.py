"""One ingress serves the five services under one host: a path belongs to one of them."""

import json
from itertools import combinations
from pathlib import Path

OPENAPI = Path(__file__).parents[2] / "deploy" / "api" / "openapi"


def paths() -> list[tuple[str, list[str]]]:
    """Every versioned path with its service, cut into segments."""
    return [
        (file.stem, path.split("/"))
        for file in sorted(OPENAPI.glob("*.json"))
        for path in json.loads(file.read_text())["paths"]
        if path.startswith("/v1/")
    ]


def overlap(one: list[str], other: list[str]) -> bool:
    """Whether some address fits both paths."""
    return len(one) == len(other) and all(
        a == b or a.startswith("{") or b.startswith("{") for a, b in zip(one, other, strict=True)
    )


def test_no_address_fits_paths_of_two_services() -> None:
    shared = [
        (one, "/".join(a), other, "/".join(b))
        for (one, a), (other, b) in combinations(paths(), 2)
        if one != other and overlap(a, b)
    ]
    assert shared == []


def test_the_comparison_sees_a_parameter_meet_a_name() -> None:
    assert overlap(["", "v1", "learners", "{id}"], ["", "v1", "learners", "me"])
    assert not overlap(["", "v1", "learners", "{id}"], ["", "v1", "learners", "{id}", "ledger"])
