"""Whether a contract is still compatible with its published schema: old events and old readers.

Both must go on: events lie in the log for weeks and on compacted topics for ever, and readers are
replaced one after the other. What cannot be changed is published anew, under the next version.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.contracts.schemas import KEY, TOPIC, inlined

Schema = dict[str, Any]

# Bounds, and whether raising one narrows what is valid (a lower bound) or widens it (an upper one).
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_WIDER_TYPE = {("integer", "number")}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, in words. `breaks` tells whether old events or old readers are lost by it.

    What does not break may still reach readers of the version before: they are replaced first.
    """

    where: str
    words: str
    breaks: bool = True

    def __str__(self) -> str:
        return f"{self.where}: {self.words}"


def breaks(published: dict[str, Schema], present: dict[str, Schema]) -> list[Change]:
    """What the present contracts break of the published ones, by type."""
    return [change for change in changes(published, present) if change.breaks]


def changes(published: dict[str, Schema], present: dict[str, Schema]) -> list[Change]:
    """Every difference that somebody may notice."""
    found: list[Change] = []
    for name, schema in sorted(published.items()):
        if name not in present:
            found.append(Change(name, "is no longer published; keep it, or keep its readers"))
            continue
        found += _contract(name, schema, present[name])
    return found


def _contract(name: str, old: Schema, new: Schema) -> Iterator[Change]:
    for member, word in ((TOPIC, "topic"), (KEY, "key")):
        if old[member] != new[member]:
            yield Change(name, f"its {word} was {old[member]} and is {new[member]}")
    yield from _compare(name, inlined(old), inlined(new))


def _compare(where: str, old: Schema, new: Schema) -> Iterator[Change]:
    before, after = _branches(old), _branches(new)
    for kind, schema in before.items():
        counterpart = after.get(kind) or next(
            (after[wider] for narrow, wider in _WIDER_TYPE if kind == narrow and wider in after), None
        )
        if counterpart is None:
            yield Change(where, f"takes no {kind} any more, only {_listed(after)}")
        else:
            yield from _same_kind(where, schema, counterpart)
    for kind in after.keys() - before.keys():
        yield Change(where, f"may now be {kind}", breaks=False)
    if "default" in old and old.get("default") != new.get("default"):
        yield Change(where, f"its default was {old['default']!r} and is {new.get('default')!r}")


def _branches(schema: Schema) -> dict[str, Schema]:
    """The alternatives of a schema by kind: its JSON type, with the format where it has one."""
    return {_kind(each): each for each in schema.get("anyOf", [schema])}


def _kind(schema: Schema) -> str:
    kind = str(schema.get("type", "anything"))
    return f"{kind} ({schema['format']})" if "format" in schema else kind


def _values(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", []))


def _same_kind(where: str, old: Schema, new: Schema) -> Iterator[Change]:
    yield from _compare_values(where, _values(old), _values(new))
    yield from _compare_patterns(where, old.get("pattern"), new.get("pattern"))
    for bound in _LOWER:
        yield from _compare_bounds(where, bound, old.get(bound), new.get(bound), narrower=1)
    for bound in _UPPER:
        yield from _compare_bounds(where, bound, old.get(bound), new.get(bound), narrower=-1)
    if not old.get("uniqueItems") and new.get("uniqueItems"):
        yield Change(where, "takes no item twice any more")
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), dict) and isinstance(new.get(part), dict):
            yield from _compare(f"{where}[]", old[part], new[part])
        elif part in new and old.get(part) != new[part]:
            yield Change(where, f"what its {part} may be is narrower")
    yield from _compare_members(where, old, new)


def _compare_values(where: str, old: list[Any], new: list[Any]) -> Iterator[Change]:
    if not old and new:
        yield Change(where, f"was free and takes only {_listed(new)}")
    if not new:
        if old:
            yield Change(where, f"took only {_listed(old)} and is free", breaks=False)
        return
    if gone := [value for value in old if value not in new]:
        yield Change(where, f"no longer takes {_listed(gone)}")
    if old and (more := [value for value in new if value not in old]):
        yield Change(where, f"takes {_listed(more)} as well", breaks=False)


def _compare_patterns(where: str, old: str | None, new: str | None) -> Iterator[Change]:
    if old == new:
        return
    if new is None:
        yield Change(where, f"need not match {old} any more", breaks=False)
    else:
        yield Change(where, f"must match {new}, which was {old or 'free'}")


def _compare_bounds(where: str, bound: str, old: Any, new: Any, *, narrower: int) -> Iterator[Change]:
    if old == new:
        return
    is_narrower = old is None or (new is not None and (new - old) * narrower > 0)
    words = f"its {bound} was {'none' if old is None else old} and is {'none' if new is None else new}"
    yield Change(where, words, breaks=is_narrower)


def _compare_members(where: str, old: Schema, new: Schema) -> Iterator[Change]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed_before, needed_after = set(old.get("required", [])), set(new.get("required", []))
    for name, schema in before.items():
        place = f"{where}.{name}"
        if name not in after:
            yield Change(place, "was removed")
            continue
        yield from _compare(place, schema, after[name])
        if name in needed_after - needed_before:
            yield Change(place, "was optional and is required")
        if name in needed_before - needed_after:
            yield Change(place, "was always there and may be missing")
    for name in after.keys() - before.keys():
        if name in needed_after:
            yield Change(f"{where}.{name}", "is new and required: events from before lack it")
        else:
            yield Change(f"{where}.{name}", "is new", breaks=False)


def _listed(values: Any) -> str:
    return ", ".join(sorted(map(str, values)))
