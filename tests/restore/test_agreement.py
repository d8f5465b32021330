"""Each comparison is silent where services agree, and names what a planted disagreement is about."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from tests.faults.reading import Rows
from tests.restore.__main__ import agree
from tests.restore.agreement import COPIED, SUMS, UNSAID, Compared, Copied, compare_all, differences
from tests.restore.drill import Drilled
from tests.restore.losing import Lost, now

Row = tuple[str, object]


class Answers:
    """Stands in for the databases: the rows of each query; of every other there are none."""

    def __init__(self, rows: dict[tuple[str, str], Sequence[Any]]) -> None:
        self._rows = rows

    async def ask(self, service: str, query: str) -> Sequence[Any]:
        return self._rows.get((service, query), [])


async def differing(rows: dict[tuple[str, str], Sequence[Any]]) -> list[Compared]:
    found = await compare_all(cast("Rows", Answers(rows)))
    return [each for each in found if each.differences]


def test_a_copy_is_what_its_owner_says() -> None:
    said = {"same": "open", "ended": "closed", "not-told": UNSAID}

    assert list(differences(said, {"same": "open", "lost": "closed"}, "closed")) == []
    assert list(differences(said, {"same": "closed"}, "closed")) == [
        "same: the owner says open, the copy closed"
    ]


def test_what_its_owner_no_longer_knows_is_over() -> None:
    assert list(differences({}, {"lost": "open"}, "closed")) == [
        "lost: the owner says nothing, the copy open"
    ]


def test_what_its_owner_says_is_known() -> None:
    assert list(differences({"new": "open"}, {}, "closed")) == [
        "new: the owner says open, the copy is missing"
    ]


@pytest.mark.parametrize("each", COPIED, ids=[f"{each.what} in {each.reader}" for each in COPIED])
async def test_every_comparison_finds_a_copy_that_differs(each: Copied) -> None:
    owner, reader = (each.owner, each.says), (each.reader, each.keeps)

    differ = await differing({owner: [("a", "so")], reader: [("a", "so")]})
    assert (each.what, f"{each.owner}, {each.reader}") not in {(one.what, one.between) for one in differ}
    differ = await differing({owner: [("a", "so")], reader: [("a", "otherwise")]})
    assert (each.what, f"{each.owner}, {each.reader}") in {(one.what, one.between) for one in differ}


@pytest.mark.parametrize("what", SUMS, ids=[what for what, _, _ in SUMS])
async def test_every_sum_finds_a_count_that_is_wrong(what: tuple[str, str, str]) -> None:
    name, service, query = what

    assert await differing({(service, query): [("a", 2, 2)]}) == []
    (found,) = await differing({(service, query): [("a", 2, 3)]})

    assert (found.what, found.differences) == (name, ["a: 2, it should be 3"])


def test_a_drill_with_a_difference_ends_with_an_error() -> None:
    lost = Lost("bookings", now(), told=["epoch 1"])
    sound, unsound = (
        Compared("places", "bookings, opportunities", 1, []),
        Compared("places", "both", 1, ["a"]),
    )

    assert agree([Drilled(lost, compared=[sound])])
    assert not agree([Drilled(lost, compared=[sound]), Drilled(lost, compared=[sound, unsound])])
    assert not agree([Drilled(lost, compared=[])])
