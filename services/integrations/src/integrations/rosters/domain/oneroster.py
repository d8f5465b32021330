"""OneRoster 1.2 CSV: a school's learners out of its users, roles and demographics (1EdTech, 2022)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, cast

from integrations.rosters.domain import upn
from integrations.rosters.domain.archives import Archive, RosterUnreadable, Row
from integrations.rosters.domain.roster import Fault

Kind = Literal["bulk", "delta"]
Status = Literal["active", "tobedeleted"]
YEAR_GROUPS = range(7, 14)
AGES = range(9, 27)
MAX_FLAGS = 20
FLAGS_COLUMN = "metadata.priority_flags"  # the standard has no member for them
_UPN_IN_USER_IDS = re.compile(r"\{\s*UPN\s*:\s*([^{}]*)\}", re.IGNORECASE)
_YEAR = re.compile(r"(?:year\s*)?0?([0-9]{1,2})", re.IGNORECASE)
_FLAG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
# A cell that begins like this is run as a formula where a spreadsheet later opens an export.
_FORMULA = tuple("=+-@")


@dataclass(frozen=True, slots=True, repr=False)
class Learner:
    """A learner as the school's system knows them; it has no `repr`, so that no log repeats it."""

    row: int
    source_id: str
    upn: str | None
    given_name: str
    family_name: str
    birth_date: date
    year_group: int
    priority_flags: tuple[str, ...]
    status: Status


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """What a roster said: how many learners, those who can be taken, what is wrong with the rest."""

    kind: Kind
    rows: int
    learners: tuple[Learner, ...]
    faults: tuple[Fault, ...]


@dataclass(slots=True, repr=False)
class _Inspection:
    """One learner's rows under inspection: reads a cell, or notes what is wrong with it."""

    row: Row
    faults: list[Fault] = field(default_factory=list)

    def fault(self, column: str, code: str, row: Row | None = None) -> None:
        at = row or self.row
        self.faults.append(Fault(at.line, at.file, column, code))

    def text(self, column: str, longest: int) -> str | None:
        value = self.row.cell(column)
        if not value:
            self.fault(column, "missing")
        elif len(value) > longest:
            self.fault(column, "too-long")
        elif not value.isprintable():
            self.fault(column, "characters-not-allowed")
        else:
            return value
        return None

    def name(self, column: str) -> str | None:
        value = self.text(column, 100)
        if value and value.startswith(_FORMULA):
            self.fault(column, "characters-not-allowed")
            return None
        return value

    def upn(self) -> str | None:
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

    def year_group(self) -> int | None:
        value = self.row.cell("grades")
        if not value:
            self.fault("grades", "missing")
        elif not (found := _YEAR.fullmatch(value)):
            self.fault("grades", "year-group-unreadable")
        elif int(found[1]) not in YEAR_GROUPS:
            self.fault("grades", "year-group-out-of-range")
        else:
            return int(found[1])
        return None

    def birth_date(self, demographics: Row | None, today: date) -> date | None:
        if demographics is None:
            self.fault("sourcedId", "demographics-missing")
            return None
        value = demographics.cell("birthDate")
        try:
            born = date.fromisoformat(value)
        except ValueError:
            self.fault("birthDate", "date-unreadable" if value else "missing", demographics)
            return None
        if today.year - born.year not in AGES:
            self.fault("birthDate", "age-out-of-range", demographics)
            return None
        return born

    def priority_flags(self) -> tuple[str, ...]:
        flags = [flag.strip() for flag in self.row.cell(FLAGS_COLUMN).split(";") if flag.strip()]
        if len(flags) > MAX_FLAGS or any(not _FLAG.fullmatch(flag) for flag in flags):
            self.fault(FLAGS_COLUMN, "flag-unreadable")
        return tuple(dict.fromkeys(flags))


def read(body: bytes, today: date) -> Reading:
    """Read a zip of OneRoster 1.2 CSV files. Raises `RosterUnreadable` where its structure is broken.

    A row that breaks a rule is left out with its faults, never with its values. A user is a learner
    when `roles.csv` calls it a student; where that file, or in a delta that user, is missing there,
    when it has a grade. A row is whole in a delta too, and for a learner to be deleted: only so can
    the same learner be found by whoever opens it.
    """
    archive = Archive(body)
    manifest = {
        row.cell("propertyName"): row.cell("value") for row in archive.rows("manifest.csv", _MANIFEST)
    }
    kind = _kind_of(manifest)
    students, others = _roles(archive, manifest)
    demographics = {row.cell("sourcedId"): row for row in _optional(archive, manifest, "demographics")}
    learners: list[Learner] = []
    faults: list[Fault] = []
    seen, upns = set[str](), set[str]()
    rows = 0
    for row in archive.rows("users.csv", _USERS):
        source_id = row.cell("sourcedId")
        if source_id not in students and (source_id in others or not row.cell("grades")):
            continue
        rows += 1
        inspection = _Inspection(row)
        if source_id in seen:
            inspection.fault("sourcedId", "row-twice")
        seen.add(source_id)
        learner = _inspect(inspection, demographics.get(source_id), today)
        if learner and learner.upn:
            if learner.upn in upns:
                inspection.fault("userIds", "upn-twice")
            upns.add(learner.upn)
        if inspection.faults:
            faults += inspection.faults
        elif learner is not None:
            learners.append(learner)
    return Reading(kind, rows, tuple(learners), tuple(faults))


def _inspect(inspection: _Inspection, demographics: Row | None, today: date) -> Learner | None:
    row = inspection.row
    if not row.complete:
        inspection.fault("", "cells-do-not-match-header")
        return None
    status = row.cell("status").lower() or "active"
    if status not in ("active", "tobedeleted"):
        inspection.fault("status", "status-unknown")
    source_id, upn_given = inspection.text("sourcedId", 255), inspection.upn()
    given_name, family_name = inspection.name("givenName"), inspection.name("familyName")
    born, year_group = inspection.birth_date(demographics, today), inspection.year_group()
    flags = inspection.priority_flags()
    if inspection.faults or not (source_id and given_name and family_name and born and year_group):
        return None
    return Learner(
        row.line,
        source_id,
        upn_given,
        given_name,
        family_name,
        born,
        year_group,
        flags,
        cast("Status", status),
    )


_MANIFEST = frozenset({"propertyName", "value"})
_USERS = frozenset({"sourcedId", "givenName", "familyName", "grades"})
_OPTIONAL = {
    "roles": frozenset({"userSourcedId", "role"}),
    "demographics": frozenset({"sourcedId", "birthDate"}),
}


def _kind_of(manifest: dict[str, str]) -> Kind:
    if manifest.get("oneroster.version") != "1.2":
        raise RosterUnreadable("manifest.csv", "version-not-1.2")
    kind = manifest.get("file.users", "absent")
    if kind not in ("bulk", "delta"):
        raise RosterUnreadable("manifest.csv", "users-absent")
    return cast("Kind", kind)


def _optional(archive: Archive, manifest: dict[str, str], name: str) -> Iterator[Row]:
    """The rows of a file a roster may leave out; one its manifest promises must be there."""
    file = f"{name}.csv"
    if manifest.get(f"file.{name}", "absent") == "absent" and file not in archive:
        return iter(())
    return archive.rows(file, _OPTIONAL[name])


def _roles(archive: Archive, manifest: dict[str, str]) -> tuple[set[str], set[str]]:
    """Ids of users that are students, and of those that are only something else."""
    students, others = set[str](), set[str]()
    for row in _optional(archive, manifest, "roles"):
        group = students if row.cell("role").lower() == "student" else others
        group.add(row.cell("userSourcedId"))
    return students, others - students
