"""How an institution's learners are counted: each in the cells of the key stage the learner is in now."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from outcomes.ledger.domain.account import Account
from outcomes.ledger.domain.counting import KeyStageRules, Rules
from outcomes.ledger.domain.totals import Totals

EVERYBODY = "all"
PRIORITY = "priority"
OTHERS = "others"
ANY_REASON = "any"


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


@dataclass(frozen=True, slots=True)
class Counted:
    """Where an account is counted: in progress, and in what does not count by key stage and code."""

    progress: dict[Slice, Tally]
    denials: dict[Slice, Tally]


def counted(account: Account, rules: Rules) -> Counted:
    """Where this account is counted; a denial's code stands where progress has its group."""
    if not account.on_roll:
        return Counted({}, {})
    return Counted(
        tally(account.year_group, account.priority_flags, account.totals, rules), _denials(account)
    )


def _denials(account: Account) -> dict[Slice, Tally]:
    """What was attended and does not count, by key stage and by what it lacks."""
    found: dict[Slice, Tally] = {}
    for each in account.assessments.values():
        if each.credited_minutes or not each.attended_minutes or each.key_stage is None:
            continue
        for code in (ANY_REASON, *(each.missing or each.reason_codes)):
            cell = Slice(each.key_stage, code, 0)
            before = found.get(cell, Tally())
            found[cell] = Tally(before.learners + 1, before.minutes + each.attended_minutes)
    return found
