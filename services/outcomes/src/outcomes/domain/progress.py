"""Progress towards the ten days: a learner's totals, and how an institution's learners are counted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from outcomes.domain.counting import KeyStageRules, Rules

SMALLEST_SHOWN = 5

EVERYBODY = "all"
PRIORITY = "priority"
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Totals:
    """A learner's credited minutes in one key stage, and those of them that flags ask about."""

    minutes: int = 0
    in_person_minutes: int = 0
    placement_minutes: int = 0

    def plus(self, minutes: int, *, in_person: bool, placement: bool) -> "Totals":
        """With these minutes credited, or with them taken back where they are negative."""
        return Totals(
            self.minutes + minutes,
            self.in_person_minutes + (minutes if in_person else 0),
            self.placement_minutes + (minutes if placement else 0),
        )

    def flags(self, stage: KeyStageRules) -> tuple[str, ...]:
        """What still has to be looked at, though minutes are there."""
        flags = []
        if stage.in_person_needed and self.minutes and not self.in_person_minutes:
            flags.append("all-virtual")
        if stage.placement_expected and self.minutes >= stage.target_minutes and not self.placement_minutes:
            flags.append("no-placement")
        if self.minutes > stage.target_minutes:
            flags.append("surplus-stays-in-key-stage")
        return tuple(flags)

    def missing_minutes(self, stage: KeyStageRules) -> int:
        """Minutes left to the key stage's target."""
        return max(0, stage.target_minutes - self.minutes)

    def met(self, stage: KeyStageRules) -> bool:
        """Whether the days are reached: never by virtual experiences alone where the rules ask for more."""
        return self.minutes >= stage.target_minutes and "all-virtual" not in self.flags(stage)


@dataclass(frozen=True, slots=True)
class Band:
    """Learners whose minutes lie from `from_minutes` up to, not including, `to_minutes`."""

    number: int
    from_minutes: int
    to_minutes: int | None


def bands(rules: Rules, stage: KeyStageRules) -> list[Band]:
    """None at all, less than a day, then day by day to the target and beyond."""
    edges = [0, 1, *range(rules.day_minutes, stage.target_minutes + 1, rules.day_minutes)]
    ends: list[int | None] = [*edges[1:], None]
    return [Band(number, start, end) for number, (start, end) in enumerate(zip(edges, ends, strict=True))]


def band_of(minutes: int, rules: Rules, stage: KeyStageRules) -> int:
    """The number of the band these minutes lie in."""
    if minutes <= 0:
        return 0
    return 1 + min(minutes, stage.target_minutes) // rules.day_minutes


@dataclass(frozen=True, slots=True)
class Slice:
    """One cell of an institution's counts."""

    key_stage: str
    group: str
    band: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Learners in a cell, their minutes, and how many of them have met the target."""

    learners: int = 0
    minutes: int = 0
    met: int = 0

    def __sub__(self, other: "Tally") -> "Tally":
        return Tally(self.learners - other.learners, self.minutes - other.minutes, self.met - other.met)


def tally(
    year_group: int | None, priority_flags: Sequence[str], totals: Mapping[str, Totals], rules: Rules
) -> dict[Slice, Tally]:
    """The cells in which one learner on roll is counted: in the key stage the learner is in now."""
    key_stage = rules.key_stage_of(year_group)
    if key_stage is None:
        return {}
    stage, reached = rules.key_stages[key_stage], totals.get(key_stage, Totals())
    one = Tally(1, reached.minutes, int(reached.met(stage)))
    band = band_of(reached.minutes, rules, stage)
    groups = [EVERYBODY, PRIORITY if priority_flags else OTHERS]
    groups += [f"flag:{flag}" for flag in sorted(set(priority_flags))]
    return {Slice(key_stage, group, band): one for group in groups}


def changes(before: Mapping[Slice, Tally], after: Mapping[Slice, Tally]) -> dict[Slice, Tally]:
    """What to add to the counts; cells that stay as they are are left out."""
    moved = {
        cell: after.get(cell, Tally()) - before.get(cell, Tally()) for cell in before.keys() | after.keys()
    }
    return {cell: each for cell, each in moved.items() if each != Tally()}


def summed(many: Iterable[Mapping[Slice, Tally]]) -> dict[Slice, Tally]:
    """Several learners' changes together."""
    learners, minutes, met = Counter[Slice](), Counter[Slice](), Counter[Slice]()
    for each in many:
        for cell, one in each.items():
            learners[cell] += one.learners
            minutes[cell] += one.minutes
            met[cell] += one.met
    cells = {cell: Tally(learners[cell], minutes[cell], met[cell]) for cell in learners}
    return {cell: one for cell, one in cells.items() if one != Tally()}


def withheld(counts: Sequence[int]) -> list[bool]:
    """Which counts of a breakdown to withhold, so that none below five can be read or worked out.

    Zero is told. Where a single count would be withheld, the smallest of the others goes with it:
    the total would give it away.
    """
    hidden = [0 < count < SMALLEST_SHOWN for count in counts]
    if sum(hidden) == 1:
        others = [(count, index) for index, count in enumerate(counts) if count and not hidden[index]]
        if others:
            hidden[min(others)[1]] = True
    return hidden
