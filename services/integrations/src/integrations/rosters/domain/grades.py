"""Year groups as schools and vendors write them, by one table (DfE Common Basic Data Set, NC year actual)."""

import re
from dataclasses import dataclass
from datetime import date

YEAR_GROUPS = range(7, 14)
# Classes before Year 1: England's codes and names, and those that OneRoster takes from CEDS.
_BEFORE_SCHOOL = frozenset(
    (
        "e1",
        "e2",
        "n",
        "n1",
        "n2",
        "nursery",
        "r",
        "rec",
        "reception",
        "eyfs",
        "it",
        "pr",
        "ps",
        "pk",
        "tk",
        "kg",
    )
)
# "X": the national curriculum is not followed, as in many special schools; "UG": ungraded.
_BY_BIRTH_DATE = frozenset({"x", "ug"})
_PLAIN = re.compile(r"0?[0-9]{1,2}|year 0?[0-9]{1,2}", re.IGNORECASE)
_YEAR = re.compile(r"(?:(?:nc )?(?:year|yr|y)[ .:-]*)?0?([0-9]{1,2})(?:\.0+)?")
_BETWEEN = re.compile(r"[,;/|]")


@dataclass(frozen=True, slots=True)
class Grades:
    """What a cell says: year groups by number, 0 before Year 1; or that the birth date is to say it."""

    years: tuple[int, ...]
    by_birth_date: bool
    plain: bool

    def year_group(self, born: date | None, today: date) -> int:
        """The one year group: of several the nearest to the learner's age, of two as near the higher."""
        by_age = year_of_age(born, today) if born else None
        if not self.years:
            return by_age or 0
        if by_age is None:
            return max(self.years)
        return min(self.years, key=lambda year: (abs(year - by_age), -year))


def read(cell: str) -> Grades | None:
    """None where the table does not know what is written there."""
    years = list[int]()
    by_birth_date = False
    for written in filter(None, (each.strip().lower() for each in _BETWEEN.split(cell))):
        if written in _BEFORE_SCHOOL:
            years.append(0)
        elif written in _BY_BIRTH_DATE:
            by_birth_date = True
        elif found := _YEAR.fullmatch(" ".join(written.split())):
            years.append(int(found[1]))
        else:
            return None
    if not years and not by_birth_date:
        return None
    return Grades(tuple(years), by_birth_date, _PLAIN.fullmatch(cell) is not None)


def year_of_age(born: date, today: date) -> int:
    """The year group of those born between the same two Septembers: Year 7 for who is eleven at its start."""
    return _school_year(today) - _school_year(born) - 5


def _school_year(day: date) -> int:
    return day.year if day.month >= 9 else day.year - 1
