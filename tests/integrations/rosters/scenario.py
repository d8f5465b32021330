"""Rosters of plainly fictional learners, as a management information system would zip them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.rosters.domain.upn import LETTERS

CANARY_GIVEN = "Adacanary"
CANARY_FAMILY = "Examplecanary"
MANIFEST = {
    "manifest.version": "1.0",
    "oneroster.version": "1.2",
    "file.users": "bulk",
    "file.demographics": "bulk",
    "source.systemName": "Example MIS",
}
Rows = Sequence[Mapping[str, Any]]


def upn(number: int) -> str:
    """A well-formed UPN of no school."""
    digits = f"9998999{26:02}{number:03}"
    total = sum(int(digit) * place for place, digit in enumerate(digits, start=2))
    return LETTERS[total % 23] + digits


def user(number: int, **other: Any) -> dict[str, Any]:
    """A learner's row in users.csv."""
    return {
        "sourcedId": f"learner-{number:03}",
        "status": "",
        "dateLastModified": "",
        "enabledUser": "true",
        "username": f"l{number}",
        "userIds": f"{{UPN:{upn(number)}}}",
        "givenName": f"{CANARY_GIVEN}{chr(65 + number % 26)}",
        "familyName": CANARY_FAMILY,
        "identifier": "",
        "grades": "09",
        "metadata.priority_flags": "free-school-meals;send" if number % 5 == 0 else "",
    } | other


def demographic(number: int, **other: Any) -> dict[str, Any]:
    """A learner's row in demographics.csv."""
    return {
        "sourcedId": f"learner-{number:03}",
        "status": "",
        "dateLastModified": "",
        "birthDate": "2012-03-04",
    } | other


def table(rows: Rows, bom: bool = False) -> bytes:
    """CSV of rows that share their columns."""
    lines = [",".join(rows[0])] + [",".join(str(cell) for cell in row.values()) for row in rows]
    return (b"\xef\xbb\xbf" if bom else b"") + "\r\n".join(lines).encode() + b"\r\n"


def roster(
    users: Rows | bytes,
    demographics: Rows | bytes | None = None,
    *,
    manifest: Mapping[str, str] | None = None,
    bom: bool = False,
    **other: bytes,
) -> bytes:
    """A zip of a roster's files; other files by name without `.csv`."""
    known = MANIFEST | dict(manifest or {})
    content = {
        "manifest": table([{"propertyName": k, "value": v} for k, v in known.items()], bom),
        "users": users if isinstance(users, bytes) else table(users, bom),
        **other,
    }
    if demographics is not None:
        content["demographics"] = (
            demographics if isinstance(demographics, bytes) else table(demographics, bom)
        )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in content.items():
            archive.writestr(f"{name}.csv", rows)
    return packed.getvalue()


def school(learners: int, **other: Any) -> bytes:
    """A roster of so many learners, all of them in order."""
    numbers = range(1, learners + 1)
    return roster([user(n) for n in numbers], [demographic(n) for n in numbers], **other)
