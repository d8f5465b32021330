"""A school's roster as its management information system would send it: OneRoster 1.2 CSV, zipped.

The learners are plainly fictional; their UPNs are well formed and belong to no school.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date

LEARNERS = 62
_CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_FLAGS = ("free-school-meals", "send", "looked-after")


def year_group_of(number: int) -> int:
    """All are in Year 9 but the last, who is in Year 10."""
    return 10 if number == LEARNERS else 9


def roster_zip(today: date, school: str) -> bytes:
    """The roster of 62 learners in the school year of `today`; `school` is seven digits of their UPNs."""
    numbers = range(1, LEARNERS + 1)
    users = [
        {
            "sourcedId": f"learner-{n:03}",
            "status": "active",
            "dateLastModified": "2026-09-01T08:00:00.000Z",
            "enabledUser": "true",
            "username": "",
            "userIds": f"{{UPN:{upn(school, n)}}}",
            "givenName": f"Learner-{n:02}",
            "familyName": "Example",
            "identifier": "",
            "grades": f"{year_group_of(n):02}",
            "metadata.priority_flags": ";".join(
                flag for i, flag in enumerate(_FLAGS) if n % (4 + 7 * i) == 0
            ),
        }
        for n in numbers
    ]
    roles = [
        {
            "sourcedId": f"role-{n:03}",
            "status": "active",
            "dateLastModified": "2026-09-01T08:00:00.000Z",
            "userSourcedId": f"learner-{n:03}",
            "roleType": "primary",
            "role": "student",
            "orgSourcedId": "school-1",
        }
        for n in numbers
    ]
    demographics = [
        {
            "sourcedId": f"learner-{n:03}",
            "status": "active",
            "dateLastModified": "2026-09-01T08:00:00.000Z",
            "birthDate": birth_date(n, today).isoformat(),
        }
        for n in numbers
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
    files = {"manifest": manifest, "users": users, "roles": roles, "demographics": demographics}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in files.items():
            archive.writestr(f"{name}.csv", _csv(rows))
    return packed.getvalue()


def upn(school: str, number: int) -> str:
    """A well-formed unique pupil number with its check letter (DfE, UPN guide)."""
    digits = f"{school}26{number:03}"
    total = sum(int(digit) * place for place, digit in enumerate(digits, start=2))
    return _CHECK_LETTERS[total % 23] + digits


def birth_date(number: int, today: date) -> date:
    """A day in the school year that makes the learner's year group right: Year 9 turns 14 in it."""
    starts = today.year if today.month >= 9 else today.year - 1
    return date(starts - year_group_of(number) - 4, 1 + number % 8, 1 + number % 28)


def _csv(rows: Sequence[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
