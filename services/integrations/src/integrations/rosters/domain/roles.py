"""Who is a learner: roles as dated facts, one of them enough."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum, auto

from integrations.rosters.domain.archives import Row


class Standing(Enum):
    """What a user's roles say on a day; the first prevails."""

    STUDENT = auto()
    UNREADABLE = auto()
    STUDENT_BEFORE = auto()
    STUDENT_LATER = auto()
    SOMETHING_ELSE = auto()


def standings(rows: Iterable[Row], today: date) -> Mapping[str, Standing]:
    """Of everybody whom `roles.csv` names, at any organisation: the first in the order above prevails."""
    found: dict[str, Standing] = {}
    for row in rows:
        user, standing = row.cell("userSourcedId"), _standing(row, today)
        found[user] = min(standing, found.get(user, standing), key=lambda each: each.value)
    return found


def _standing(row: Row, today: date) -> Standing:
    if row.cell("role").lower() != "student":
        return Standing.SOMETHING_ELSE
    begins, ends = _day(row.cell("beginDate"), date.min), _day(row.cell("endDate"), date.max)
    if row.cell("status").lower() == "tobedeleted":
        return Standing.STUDENT_BEFORE
    if begins is None or ends is None:
        return Standing.UNREADABLE
    if today < begins:
        return Standing.STUDENT_LATER
    return Standing.STUDENT if today <= ends else Standing.STUDENT_BEFORE


def _day(cell: str, blank: date) -> date | None:
    if not cell:
        return blank
    try:
        return date.fromisoformat(cell.partition("T")[0])
    except ValueError:
        return None
