"""A school's roster as its management information system would send it: OneRoster 1.2 CSV, zipped.

The learners are plainly fictional; their UPNs are well formed and belong to no school.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

LEARNERS = 62
_CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_FLAGS = ("free-school-meals", "send", "looked-after")
_ACTIVE = {"status": "active", "dateLastModified": "2026-09-01T08:00:00.000Z"}


@dataclass(frozen=True)
class Pupil:
    """One learner as the school's system knows them."""

    number: int
    upn: str
    given_name: str
    family_name: str
    year_group: int
    birth_date: date
    priority_flags: tuple[str, ...] = ()


def year_group_of(number: int) -> int:
    """All are in Year 9 but the last, who is in Year 10."""
    return 10 if number == LEARNERS else 9


def roster_zip(today: date, school: str) -> bytes:
    """The roster of 62 learners in the school year of `today`; `school` is seven digits of their UPNs."""
    return packed([_pupil(number, today, school) for number in range(1, LEARNERS + 1)])


def packed(pupils: Sequence[Pupil]) -> bytes:
    """The pupils as OneRoster CSV in a zip archive: the same bytes for the same pupils."""
    users = [
        {
            "sourcedId": f"learner-{each.number:03}",
            **_ACTIVE,
            "enabledUser": "true",
            "username": "",
            "userIds": f"{{UPN:{each.upn}}}",
            "givenName": each.given_name,
            "familyName": each.family_name,
            "identifier": "",
            "grades": f"{each.year_group:02}",
            "metadata.priority_flags": ";".join(each.priority_flags),
        }
        for each in pupils
    ]
    roles = [
        {
            "sourcedId": f"role-{each.number:03}",
            **_ACTIVE,
            "userSourcedId": f"learner-{each.number:03}",
            "roleType": "primary",
            "role": "student",
            "orgSourcedId": "school-1",
        }
        for each in pupils
    ]
    demographics = [
        {"sourcedId": f"learner-{each.number:03}", **_ACTIVE, "birthDate": each.birth_date.isoformat()}
        for each in pupils
    ]
    manifest = [
        {"propertyName": name, "value": value}
        for name, value in {
            "manifest.version": "1.0",
            "oneroster.version": "1.2",
            "file.academicSessions": "absent",
            "file.classes": "absent",
            "file.courses": "absent",
            "file.demographics": "bulk",
            "file.enrollments": "absent",
            "file.orgs": "absent",
            "file.roles": "bulk",
            "file.users": "bulk",
            "source.systemName": "Example MIS",
        }.items()
    ]
    tables = {"manifest": manifest, "users": users, "roles": roles, "demographics": demographics}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, rows in tables.items():
            file = zipfile.ZipInfo(
                f"{name}.csv"
            )  # with a fixed date, where a name alone takes the present one
            archive.writestr(file, _csv(rows), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _pupil(number: int, today: date, school: str) -> Pupil:
    return Pupil(
        number,
        upn(school, number),
        given_name=f"Learner-{number:02}",
        family_name="Example",
        year_group=year_group_of(number),
        birth_date=birth_date(number, today),
        priority_flags=tuple(flag for i, flag in enumerate(_FLAGS) if number % (4 + 7 * i) == 0),
    )


def upn(school: str, number: int) -> str:
    """A well-formed unique pupil number with its check letter (DfE, UPN guide)."""
    digits = f"{school}26{number:03}"
    total = sum(int(digit) * place for place, digit in enumerate(digits, start=2))
    return _CHECK_LETTERS[total % 23] + digits


def birth_date(number: int, today: date) -> date:
    """The birth date of the journey's learner of this number."""
    return birth_date_in(year_group_of(number), number, today)


def birth_date_in(year_group: int, number: int, today: date) -> date:
    """A day in the school year that makes the year group right: Year 9 turns 14 in it."""
    return date(school_year(today) - year_group - 4, 1 + number % 8, 1 + number % 28)


def school_year(today: date) -> int:
    """The year in which the school year of a day began."""
    return today.year if today.month >= 9 else today.year - 1


def _csv(rows: Sequence[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
