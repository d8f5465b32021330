"""OneRoster CSV, 1.1 and 1.2: a school's learners out of its users, roles and demographics (1EdTech)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, cast

from integrations.rosters.domain.archives import Archive, RosterUnreadable, Row
from integrations.rosters.domain.inspection import Inspection, Learner
from integrations.rosters.domain.roles import Standing, standings
from integrations.rosters.domain.roster import Fault, OutOfScope

Kind = Literal["bulk", "delta"]
MAX_LEARNERS = 10_000
VERSIONS = ("1.1", "1.2")
_MANIFEST = frozenset({"propertyName", "value"})
_USERS = frozenset({"sourcedId", "givenName", "familyName", "grades"})
_OPTIONAL = {
    "roles": frozenset({"userSourcedId", "role"}),
    "demographics": frozenset({"sourcedId", "birthDate"}),
}


@dataclass(slots=True, repr=False)
class Reading:
    """What a roster said: every row of users.csv is a learner taken, one at fault, or out of scope."""

    kind: Kind
    rows: int = 0
    learners: list[Learner] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    _passed: Counter[str] = field(default_factory=Counter)
    _source_ids: set[str] = field(default_factory=set)
    _upns: set[str] = field(default_factory=set)

    @property
    def out_of_scope(self) -> tuple[OutOfScope, ...]:
        return tuple(OutOfScope(code, rows) for code, rows in sorted(self._passed.items()))

    def pass_over(self, code: str) -> None:
        """A row that is of nobody this platform is for."""
        self._passed[code] += 1

    def take(self, inspection: Inspection, learner: Learner | None) -> None:
        """A learner's row with what its inspection found."""
        self.rows += 1
        if self.rows > MAX_LEARNERS:
            raise RosterUnreadable("users.csv", "too-many-learners")
        source_id = inspection.row.cell("sourcedId")
        if source_id in self._source_ids:
            inspection.fault("sourcedId", "row-twice")
        self._source_ids.add(source_id)
        if learner and learner.upn and not inspection.faults:
            if learner.upn in self._upns:
                inspection.fault("userIds", "upn-twice")
            self._upns.add(learner.upn)
        self.faults += inspection.faults
        if learner is not None and not inspection.faults:
            self.learners.append(learner)
            self.warnings += inspection.warnings


def read(body: bytes, today: date) -> Reading:
    """Read a zip of OneRoster CSV files. Raises `RosterUnreadable` where its structure is broken.

    A row that breaks a rule is left out with its faults, never with its values. A user is a learner when
    `roles.csv`, or in 1.1 their row, calls them a student; where nothing says what they are, when they have
    a grade. A row is whole in a delta too; to be deleted, the school's own id is enough.
    """
    archive = Archive(body)
    manifest = {
        row.cell("propertyName").lower(): row.cell("value").lower()
        for row in archive.rows("manifest.csv", _MANIFEST)
    }
    reading = _begin(archive, manifest)
    roles = standings(_optional(archive, manifest, "roles"), today)
    demographics = {row.cell("sourcedId"): row for row in _optional(archive, manifest, "demographics")}
    for row in archive.rows("users.csv", _USERS):
        source_id = row.cell("sourcedId")
        standing = roles.get(source_id) or _standing_in_row(row)
        _read_row(reading, Inspection(row, today), standing, demographics.get(source_id))
    return reading


def _read_row(reading: Reading, inspection: Inspection, standing: Standing, demographics: Row | None) -> None:
    if standing is Standing.SOMETHING_ELSE:
        return reading.pass_over("not-a-learner")
    if standing is Standing.STUDENT_LATER:
        return reading.pass_over("role-not-begun")
    # What a delta does not name stands as it did: another role of theirs may.
    if standing is Standing.STUDENT_BEFORE and reading.kind == "delta":
        return reading.pass_over("role-ended")
    if inspection.before_year_7(demographics):
        return reading.pass_over("year-group-before-7")
    if standing is Standing.UNREADABLE:
        inspection.fault("sourcedId", "role-dates-unreadable")
    learner = inspection.learner(demographics, left=standing is Standing.STUDENT_BEFORE)
    return reading.take(inspection, learner)


def _begin(archive: Archive, manifest: Mapping[str, str]) -> Reading:
    """An empty reading of the kind the manifest says; what it leaves blank is taken as it is there."""
    version = manifest.get("oneroster.version", "")
    if version and version not in VERSIONS:
        raise RosterUnreadable("manifest.csv", "version-unknown")
    kind = manifest.get("file.users", "")
    if not kind and "users.csv" in archive:
        # The safer of the two: from a delta, who is missing follows nothing.
        reading = Reading("delta")
        reading.warnings.append(Fault(1, "manifest.csv", "value", "kind-not-said"))
    elif kind in ("bulk", "delta"):
        reading = Reading(cast("Kind", kind))
    else:
        raise RosterUnreadable("manifest.csv", "users-absent")
    if version != "1.2":
        code = f"version-{version.replace('.', '-')}" if version else "version-not-said"
        reading.warnings.append(Fault(1, "manifest.csv", "value", code))
    return reading


def _optional(archive: Archive, manifest: Mapping[str, str], name: str) -> Iterator[Row]:
    """The rows of a file a roster may leave out; one its manifest promises must be there."""
    file = f"{name}.csv"
    if manifest.get(f"file.{name}", "absent") in ("", "absent") and file not in archive:
        return iter(())
    return archive.rows(file, _OPTIONAL[name])


def _standing_in_row(row: Row) -> Standing:
    """What somebody is whom `roles.csv` does not name: 1.1 says it in the row."""
    role = row.cell("role").lower()
    if role:
        return Standing.STUDENT if role == "student" else Standing.SOMETHING_ELSE
    deleted = row.cell("status").lower() == "tobedeleted"
    return Standing.STUDENT if deleted or row.cell("grades") else Standing.SOMETHING_ELSE
