"""An institution's progress report, with small counts withheld from everybody but the institution."""

from collections.abc import Mapping
from dataclasses import dataclass

from outcomes.ledger.domain.counting import Rules
from outcomes.progress.domain.counts import EVERYBODY, OTHERS, PRIORITY, Slice, Tally, bands
from outcomes.progress.domain.privacy import withheld


@dataclass(frozen=True, slots=True)
class BandCount:
    """Learners in a band of minutes; None is withheld."""

    from_minutes: int
    to_minutes: int | None
    learners: int | None


@dataclass(frozen=True, slots=True)
class GroupCount:
    """How a group of learners does; None is withheld."""

    group: str
    learners: int | None
    credited_minutes: int | None
    learners_met: int | None
    share_met: float | None


@dataclass(frozen=True, slots=True)
class DenialCount:
    """Learner-days attended that do not count at present, by what they lack; None is withheld."""

    code: str
    learner_days: int | None
    attended_minutes: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """Progress of the learners on roll who are in one key stage now."""

    whole: GroupCount
    histogram: tuple[BandCount, ...]
    groups: tuple[GroupCount, ...]
    denied: tuple[DenialCount, ...]


def report(
    key_stage: str,
    progress: Mapping[Slice, Tally],
    denials: Mapping[str, Tally],
    rules: Rules,
    *,
    withhold_small: bool,
) -> Report:
    """The report of these counts.

    With `withhold_small` no count below five can be read or worked out: the number of learners on roll
    is always shown, everything else only where it singles nobody out.
    """
    by_group: dict[str, dict[int, Tally]] = {EVERYBODY: {}, PRIORITY: {}, OTHERS: {}}
    for cell, tally in progress.items():
        by_group.setdefault(cell.group, {})[cell.band] = tally
    everybody = by_group.pop(EVERYBODY)
    on_roll = sum(tally.learners for tally in everybody.values())
    groups = []
    for name, cells in sorted(by_group.items()):
        size = sum(tally.learners for tally in cells.values())
        hidden = withhold_small and any(withheld([size, on_roll - size]))
        groups.append(_hidden(name) if hidden else _group(name, cells, withhold_small=withhold_small))
    whole = _group(EVERYBODY, everybody, withhold_small=withhold_small)
    histogram = _histogram(key_stage, everybody, rules, withhold_small=withhold_small)
    denied = tuple(
        DenialCount(code, None, None)
        if withhold_small and any(withheld([tally.learners]))
        else DenialCount(code, tally.learners, tally.minutes)
        for code, tally in sorted(denials.items())
    )
    return Report(whole, histogram, tuple(groups), denied)


def _group(name: str, cells: Mapping[int, Tally], *, withhold_small: bool) -> GroupCount:
    learners = sum(tally.learners for tally in cells.values())
    minutes = sum(tally.minutes for tally in cells.values())
    met: int | None = sum(tally.met for tally in cells.values())
    begun = sum(tally.learners for band, tally in cells.items() if band > 0)
    share = round(met / learners, 4) if met is not None and learners else None
    if withhold_small and met is not None and any(withheld([met, learners - met])):
        met, share = None, None
    shown = None if withhold_small and any(withheld([begun])) else minutes
    return GroupCount(name, learners, shown, met, share)


def _hidden(name: str) -> GroupCount:
    return GroupCount(name, None, None, None, None)


def _histogram(
    key_stage: str, cells: Mapping[int, Tally], rules: Rules, *, withhold_small: bool
) -> tuple[BandCount, ...]:
    steps = bands(rules, rules.key_stages[key_stage])
    counts = [cells.get(step.number, Tally()).learners for step in steps]
    hidden = withheld(counts) if withhold_small else [False] * len(counts)
    return tuple(
        BandCount(step.from_minutes, step.to_minutes, None if hide else count)
        for step, count, hide in zip(steps, counts, hidden, strict=True)
    )
