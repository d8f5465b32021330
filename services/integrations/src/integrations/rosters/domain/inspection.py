"""One learner's rows under inspection: a cell is read, or what is wrong or was guessed is noted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from integrations.rosters.domain import flags, grades, names, upn
from integrations.rosters.domain.archives import Row
from integrations.rosters.domain.roster import Fault

Status = Literal["active", "tobedeleted"]
AGES = range(9, 27)
# A year repeated, deferred or skipped is ordinary, and so are older students after Year 11.
MOST_YEARS_APART = 1
SIXTH_FORM = 12
MAX_FLAGS = 20
FLAGS_COLUMN = "metadata.priority_flags"  # the standard has no member for them
CONFIRMED_COLUMN = "metadata.birth_date_confirmed"
_UPN_IN_USER_IDS = re.compile(r"\{\s*UPN\s*:\s*([^{}]*)\}", re.IGNORECASE)
_FLAG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")


@dataclass(frozen=True, slots=True, repr=False)
class Learner:
    """A learner as the school's system knows them; it has no `repr`, so that no log repeats it.

    Of one who is to be deleted there is the school's own id, and the UPN where the row has one.
    """

    row: int
    source_id: str
    upn: str | None
    given_name: str
    family_name: str
    birth_date: date | None
    year_group: int | None
    priority_flags: tuple[str, ...]
    status: Status


@dataclass(slots=True, repr=False)
class Inspection:
    """What is read of a learner's row in users.csv and of theirs in demographics.csv."""

    row: Row
    today: date
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def learner(self, demographics: Row | None, *, left: bool) -> Learner | None:
        """The learner where no rule is broken, and none before Year 7: see `before_year_7`."""
        if self.row.too_long:
            self.fault("", "cells-do-not-match-header")
            return None
        if self.row.short:
            self.warn("", "cells-missing")
        status = "tobedeleted" if left else self._status()
        source_id, upn_given = self._source_id(), self._upn()
        if status == "tobedeleted":
            return None if self.faults else _leaving(self.row.line, source_id, upn_given)
        given_name, family_name = self._names()
        born = self._birth_date(demographics)
        year_group = self._year_group(born, demographics)
        priority_flags = (*self._coded_flags(), *self._yes_or_no_flags())
        if self.faults or born is None or year_group is None:
            return None
        return Learner(
            self.row.line,
            source_id,
            upn_given,
            given_name,
            family_name,
            born,
            year_group,
            tuple(dict.fromkeys(priority_flags)),
            "active",
        )

    def before_year_7(self, demographics: Row | None) -> bool:
        """Whether the learner is in a class that work experience does not know yet."""
        found = grades.read(self.row.cell("grades"))
        if found is None:
            return False
        born = None if demographics is None else _day(demographics.cell("birthDate"))
        if not found.years and born is None:
            return False
        return found.year_group(born, self.today) < grades.YEAR_GROUPS.start

    def fault(self, column: str, code: str, row: Row | None = None) -> None:
        self.faults.append(_at(row or self.row, column, code))

    def warn(self, column: str, code: str, row: Row | None = None) -> None:
        self.warnings.append(_at(row or self.row, column, code))

    def _status(self) -> str:
        status = self.row.cell("status").lower() or "active"
        if status not in ("active", "tobedeleted"):
            self.fault("status", "status-unknown")
        return status

    def _source_id(self) -> str:
        value = self.row.cell("sourcedId")
        if not value:
            self.fault("sourcedId", "missing")
        elif len(value) > 255:
            self.fault("sourcedId", "too-long")
        elif not value.isprintable():
            self.fault("sourcedId", "characters-not-allowed")
        return value

    def _names(self) -> tuple[str, str]:
        """Given and family name; who has one name only has one of them empty."""
        told = len(self.faults)
        given, family = self._name("givenName"), self._name("familyName")
        if not given and not family and len(self.faults) == told:
            self.fault("givenName", "missing")
        return given, family

    def _name(self, column: str) -> str:
        cell = self.row.cell(column)
        try:
            name = names.tidy(cell)
        except names.NameRefused as refused:
            self.fault(column, refused.code)
            return ""
        if name != cell:
            self.warn(column, "name-tidied")
        return name

    def _upn(self) -> str | None:
        found = _UPN_IN_USER_IDS.search(self.row.cell("userIds"))
        column, value = (
            ("userIds", found[1].strip()) if found else ("identifier", self.row.cell("identifier"))
        )
        if not value:
            return None
        value = value.upper()
        if not upn.is_well_formed(value):
            # An identifier may be a number of the school's own; one that is called a UPN must be one.
            if found:
                self.fault(column, "upn-form")
            return None
        if value[0] != upn.check_letter(value):
            self.fault(column, "upn-check-letter")
        return value

    def _birth_date(self, demographics: Row | None) -> date | None:
        if demographics is None:
            self.fault("sourcedId", "demographics-missing")
            return None
        value = demographics.cell("birthDate")
        born = _day(value)
        if born is None:
            self.fault("birthDate", "date-unreadable" if value else "missing", demographics)
        elif self.today.year - born.year not in AGES:
            self.fault("birthDate", "age-out-of-range", demographics)
        else:
            return born
        return None

    def _year_group(self, born: date | None, demographics: Row | None) -> int | None:
        cell = self.row.cell("grades")
        found = grades.read(cell or "X")
        if found is None:
            self.fault("grades", "year-group-unreadable")
            return None
        if born is None and not found.years:
            return None
        year_group = found.year_group(born, self.today)
        if year_group not in grades.YEAR_GROUPS:
            self.fault("grades", "year-group-out-of-range")
            return None
        if not found.years:
            self.warn("grades", "year-group-by-birth-date")
        elif len(found.years) > 1:
            self.warn("grades", "year-groups-several")
        elif not found.plain:
            self.warn("grades", "year-group-read-by-table")
        if born is not None and demographics is not None:
            self._check_fit(year_group, born, demographics)
        return year_group

    def _check_fit(self, year_group: int, born: date, demographics: Row) -> None:
        """A birth date that the year group makes implausible steps round the rules by age."""
        confirmed = flags.read(self.row.cell(CONFIRMED_COLUMN))
        if confirmed is None:
            self.fault(CONFIRMED_COLUMN, "flag-unreadable")
        older = grades.year_of_age(born, self.today) - year_group
        if year_group >= SIXTH_FORM and older > 0:
            return
        if abs(older) > MOST_YEARS_APART and not confirmed:
            self.fault("birthDate", "birth-date-does-not-fit-year-group", demographics)

    def _coded_flags(self) -> list[str]:
        codes = [flag.strip() for flag in self.row.cell(FLAGS_COLUMN).split(";") if flag.strip()]
        if len(codes) > MAX_FLAGS or any(not _FLAG.fullmatch(flag) for flag in codes):
            self.fault(FLAGS_COLUMN, "flag-unreadable")
        return codes

    def _yes_or_no_flags(self) -> Iterator[str]:
        for column, flag in flags.COLUMNS.items():
            said = flags.read(self.row.cell(column))
            if said is None:
                self.fault(column, "flag-unreadable")
            elif said:
                yield flag


def _leaving(line: int, source_id: str, upn_given: str | None) -> Learner:
    """Whoever is deleted is found by the school's own id: systems send nothing else of them."""
    return Learner(line, source_id, upn_given, "", "", None, None, (), "tobedeleted")


def _at(row: Row, column: str, code: str) -> Fault:
    return Fault(row.line, row.file, column, code)


def _day(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        return None
