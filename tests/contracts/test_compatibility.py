"""The gate before the published language: what breaks a promise is told, what keeps it passes."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.compatibility import breaks, changes
from shared.contracts.registry import published
from shared.contracts.schemas import schema_of

Schema = dict[str, Any]
NAME = "session.scheduled.v1"


def schemas() -> dict[str, Schema]:
    return {name: schema_of(contract) for name, contract in published().items()}


def changed(name: str, change: Callable[[Schema], object]) -> dict[str, Schema]:
    present = copy.deepcopy(schemas())
    change(present[name])
    return present


def put(*path: str, **values: Any) -> Callable[[Schema], object]:
    """Set members of the part of a schema at a path; None takes one away."""

    def change(schema: Schema) -> None:
        part: Any = schema
        for step in path:
            part = part[int(step) if step.isdigit() else step]
        for name, value in values.items():
            if value is None:
                part.pop(name)
            else:
                part[name] = value

    return change


def test_the_contracts_are_as_they_were_published() -> None:
    assert changes(schemas(), schemas()) == []


REQUIRED = [*schema_of(published()[NAME])["required"]]
BREAKS: dict[str, tuple[str, Callable[[Schema], object], str]] = {
    "a member removed": (NAME, put("properties", places=None), "places: was removed"),
    "a member made required": (
        NAME,
        put(required=[*REQUIRED, "supervisor_ids"]),
        "was optional and is required",
    ),
    "a member made optional": (NAME, put(required=REQUIRED[1:]), "was always there and may be missing"),
    "a new member that is required": (
        NAME,
        lambda s: (s["properties"].update(zone={"type": "string"}), s["required"].append("zone")),
        "zone: is new and required",
    ),
    "a type changed": (NAME, put("properties", "places", type="string"), "takes no integer any more"),
    "a format changed": (NAME, put("properties", "session_id", format="date"), "takes no string \\(uuid\\)"),
    "a format added": (
        "opportunity.published.v1",
        put("properties", "sector", format="uri"),
        "takes no string any more",
    ),
    "null taken away": (
        NAME,
        put("properties", site_id={"type": "string", "format": "uuid"}),
        "takes no null any more",
    ),
    "a value taken from an enumeration": (
        "booking.ended.v1",
        put("properties", "state", enum=["withdrawn", "refused", "expired"]),
        "state: no longer takes cancelled",
    ),
    "a constant changed": (
        "roster.received.v1",
        put("properties", "format", const="ctf"),
        "no longer takes oneroster",
    ),
    "an enumeration made of free text": (
        "opportunity.published.v1",
        put("properties", "sector", enum=["engineering"]),
        "was free and takes only",
    ),
    "a pattern changed": (
        "roster.row_received.v1",
        put("properties", "row_key", pattern="^x$"),
        "must match \\^x\\$",
    ),
    "a pattern added": ("opportunity.published.v1", put("properties", "sector", pattern="^x$"), "must match"),
    "a maximum lowered": (NAME, put("properties", "places", maximum=100), "its maximum was 5000 and is 100"),
    "a minimum raised": (NAME, put("properties", "places", minimum=2), "its minimum was 1 and is 2"),
    "a bound added": ("places.changed.v1", put("properties", "taken", maximum=9), "its maximum was none"),
    "more items asked for": (NAME, put("properties", "days", minItems=2), "its minItems was 1 and is 2"),
    "fewer items allowed": (NAME, put("properties", "days", maxItems=5), "its maxItems was none and is 5"),
    "a part's member removed": (
        NAME,
        put("$defs", "SessionDay", "properties", starts=None),
        "days\\[\\].starts: was removed",
    ),
    "an item's type changed": (
        NAME,
        put("properties", "supervisor_ids", "items", type="integer"),
        "takes no string \\(uuid\\) any more",
    ),
    "a default changed": (
        "organisation.recorded.v1",
        put("properties", "open", default=False),
        "default was True and is False",
    ),
    "strangers' members refused": (
        NAME,
        put(additionalProperties=False),
        "additionalProperties may be is narrower",
    ),
    "another topic": (
        NAME,
        put(**{"x-wex-topic": "opportunities.sessions"}),
        "its topic was opportunities.events",
    ),
    "another key": (NAME, put(**{"x-wex-key": "session_id"}), "its key was opportunity_id"),
}


@pytest.mark.parametrize("kind", BREAKS)
def test_planted_a_break_is_told_with_its_place_and_its_words(kind: str) -> None:
    name, change, words = BREAKS[kind]
    found = breaks(schemas(), changed(name, change))

    assert len(found) == 1, [str(each) for each in found]
    assert str(found[0]).startswith(name)
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(str(found[0]))


def test_planted_a_contract_that_is_gone_is_told() -> None:
    present = schemas()
    del present[NAME]

    (found,) = breaks(schemas(), present)
    assert str(found) == f"{NAME}: is no longer published; keep it, or keep its readers"


KEEPS: dict[str, tuple[str, Callable[[Schema], object]]] = {
    "a new optional member": (NAME, put("properties", zone={"type": "string"})),
    "another value of an enumeration": (
        "booking.ended.v1",
        put("properties", "state", enum=["withdrawn", "refused", "expired", "cancelled", "lapsed"]),
    ),
    "null as well": (
        NAME,
        put(
            "properties",
            places={"anyOf": [{"type": "integer", "minimum": 1, "maximum": 5000}, {"type": "null"}]},
        ),
    ),
    "a wider bound": (NAME, put("properties", "places", maximum=9_000)),
    "a bound lifted": (NAME, put("properties", "places", maximum=None)),
    "a pattern lifted": ("roster.row_received.v1", put("properties", "row_key", pattern=None)),
    "an enumeration made free": ("booking.ended.v1", put("properties", "state", enum=None)),
}


@pytest.mark.parametrize("kind", KEEPS)
def test_what_keeps_the_promise_passes_and_readers_are_told(kind: str) -> None:
    name, change = KEEPS[kind]
    present = changed(name, change)

    assert breaks(schemas(), present) == []
    assert [each.breaks for each in changes(schemas(), present)] == [False]


def test_a_new_contract_and_better_words_change_nothing_for_anybody() -> None:
    present = changed(NAME, put(description="In other words."))
    present["thing.told.v1"] = present[NAME]

    assert changes(schemas(), present) == []


def test_a_number_may_take_the_place_of_an_integer_and_not_the_other_way_round() -> None:
    wider = changed("places.changed.v1", put("properties", "taken", type="number"))

    assert breaks(schemas(), wider) == []
    assert len(breaks(wider, schemas())) == 1


def test_the_compatibility_with_what_is_published_holds_now() -> None:
    folder = Path(__file__).parents[2] / "deploy" / "api" / "schemas"
    on_file = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}

    assert [str(each) for each in breaks(on_file, schemas())] == []
