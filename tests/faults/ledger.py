"""The invariants of the ledger: who attended is credited once, and the entries are whole."""

from collections import Counter
from collections.abc import Iterator

from tests.faults.seen import Seen

_SIGN = {"credited": 1, "denied": 0, "reversed": -1}


def credited_once(seen: Seen) -> Iterator[str]:
    """I3: who attended and has all evidence is credited the minutes once; nobody else anything."""
    standing: Counter[tuple[str, str]] = Counter()
    minutes: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    for entry in seen.ledger:
        sign = _SIGN[entry.kind]
        standing[entry.learner, entry.booking] += sign
        minutes[entry.learner, entry.booking] += sign * entry.minutes
        totals[entry.learner] += sign * entry.minutes
        if entry.booking not in seen.booked:
            yield f"learner {entry.learner} has an entry for {entry.booking}, which is no booking"
    for each in seen.attended:
        wanted = each.minutes if each.meaningful else 0
        found, times = minutes[each.learner, each.booking], standing[each.learner, each.booking]
        if found != wanted or times != bool(wanted):
            yield (
                f"learner {each.learner} has {found} minutes in {times} credits for {each.booking}, "
                f"it should be {wanted}"
            )
    for learner, total in seen.totals.items():
        if totals[learner] != total:
            yield f"learner {learner}: the ledger comes to {totals[learner]}, the running total is {total}"


def ledger_whole(seen: Seen) -> Iterator[str]:
    """I8: an account's entries are numbered without a gap and counted; each was told once, and no other."""
    numbers: dict[str, list[int]] = {}
    for entry in seen.ledger:
        numbers.setdefault(entry.learner, []).append(entry.sequence)
    for learner, count in seen.accounts.items():
        found = sorted(numbers.get(learner, []))
        if found != list(range(1, count + 1)):
            yield f"the account of {learner} has entries {found}, it counts {count}"
    yield from _told_once(seen)
    credited = {entry.id for entry in seen.ledger if entry.kind == "credited"}
    reversals = Counter(entry.reverses for entry in seen.ledger if entry.reverses)
    for reversed_id, times in reversals.items():
        if times > 1 or reversed_id not in credited:
            yield f"entry {reversed_id} was reversed {times} times"


def _told_once(seen: Seen) -> Iterator[str]:
    """The topic is the anchor outside: what is in the ledger is in it, and the other way round."""
    ids: dict[str, set[str]] = {entry.id: set() for entry in seen.ledger}
    for each in seen.told:
        if each.type.startswith("ledger.") and each.key in seen.accounts:
            entry_id = str(each.data["entry_id"])
            if entry_id not in ids:
                yield f"entry {entry_id} was told and is not in the ledger"
            ids.setdefault(entry_id, set()).add(each.id)
    for entry_id, told in ids.items():
        if len(told) != 1:
            yield f"entry {entry_id} was told as {len(told)} events"
