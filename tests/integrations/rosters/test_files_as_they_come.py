"""Files as people and vendors make them: read past what means nothing, warned of what was guessed."""

import io
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from integrations.rosters.domain.oneroster import Reading, read
from tests.integrations.rosters.scenario import demographic, roster, school, table, user

TODAY = date(2026, 9, 1)


def packed_again(body: bytes, name: Callable[[str], str], **beside: bytes) -> bytes:
    """The same files under other names, with others beside them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            new.writestr(name(member), old.read(member))
        for other, content in beside.items():
            new.writestr(other, content)
    return out.getvalue()


def read_one(born: str = "2012-03-04", **cells: Any) -> Reading:
    return read(roster([user(1, **cells)], [demographic(1, birthDate=born)]), TODAY)


def warned(reading: Reading) -> list[str]:
    return [warning.code for warning in reading.warnings]


def faulted(reading: Reading) -> list[str]:
    return [fault.code for fault in reading.faults]


def passed(reading: Reading) -> dict[str, int]:
    return {each.code: each.rows for each in reading.out_of_scope}


def test_a_zip_made_by_a_person_is_read_past_its_folder_and_what_a_system_left() -> None:
    beside = {
        "__MACOSX/export/._users.csv": b"x",
        "export/.DS_Store": b"x",
        "Thumbs.db": b"x",
        "export/": b"",
    }
    body = packed_again(school(3), lambda name: f"export/{name.title()}", **beside)
    assert len(read(body, TODAY).learners) == 3


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf", b""])
def test_byte_order_marks_are_read_past(mark: bytes) -> None:
    assert len(read(roster(mark + table([user(1)]), [demographic(1)]), TODAY).learners) == 1


def test_a_spreadsheets_utf_16_is_read() -> None:
    users = table([user(1, givenName="Zoë")]).decode().encode("utf-16")
    assert read(roster(users, [demographic(1)]), TODAY).learners[0].given_name == "Zoë"


def test_the_case_of_headers_and_of_the_manifest_does_not_matter() -> None:
    users = table([{column.upper(): cell for column, cell in user(1).items()}])
    body = roster(users, [demographic(1)], manifest={"file.users": "Bulk"})
    assert len(read(body, TODAY).learners) == 1


def test_a_blank_in_the_manifest_is_no_promise_of_a_file() -> None:
    body = roster([user(1)], [demographic(1)], manifest={"file.roles": "", "source.systemName": ""})
    assert len(read(body, TODAY).learners) == 1


def test_a_manifest_that_does_not_say_its_kind_or_version_is_read_as_a_delta_and_warned_of() -> None:
    reading = read(
        roster([user(1)], [demographic(1)], manifest={"file.users": "", "oneroster.version": ""}), TODAY
    )
    assert (reading.kind, len(reading.learners)) == ("delta", 1)
    assert warned(reading) == ["kind-not-said", "version-not-said"]


def test_a_short_row_is_read_and_warned_of() -> None:
    short = b",".join(table([user(1)]).splitlines()[1].split(b",")[:-1])
    reading = read(roster(table([user(2)]) + short, [demographic(1), demographic(2)]), TODAY)
    assert len(reading.learners) == 2
    assert warned(reading) == ["cells-missing"]


def test_trailing_empty_columns_are_ignored() -> None:
    header, row = table([user(1)]).splitlines()
    wide = read(roster(header + b",,\r\n" + row + b",,\r\n", [demographic(1)]), TODAY)
    beyond = read(roster(header + b"\r\n" + row + b",,\r\n", [demographic(1)]), TODAY)
    assert (len(wide.learners), len(beyond.learners)) == (1, 1)


def test_oneroster_1_1_is_read_by_the_role_in_the_row_and_the_version_is_noted() -> None:
    users = [user(1, role="student"), user(2, role="teacher", grades="09")]
    body = roster(users, [demographic(1)], manifest={"oneroster.version": "1.1"})
    reading = read(body, TODAY)
    assert [learner.source_id for learner in reading.learners] == ["learner-001"]
    assert warned(reading) == ["version-1-1"]
    assert passed(reading) == {"not-a-learner": 1}


@pytest.mark.parametrize(
    ("written", "year_group", "warning"),
    [
        ("9", 9, None), ("09", 9, None), ("Year 9", 9, None), ("Y9", 9, "year-group-read-by-table"),
        ("9.0", 9, "year-group-read-by-table"), ("yr. 10", 10, "year-group-read-by-table"),
        ("NC Year 10", 10, "year-group-read-by-table"), ("Year 10", 10, None),
        ("07,08", 8, "year-groups-several"),
        ("08;09", 9, "year-groups-several"), ("9, 11", 11, "year-groups-several"),
        ("X", 10, "year-group-by-birth-date"), ("", 10, "year-group-by-birth-date"),
    ],
)  # fmt: skip
def test_grades_are_read_by_a_table_and_warned_of(written: str, year_group: int, warning: str | None) -> None:
    students = table([{"userSourcedId": "learner-001", "role": "student"}])
    born = "2013-03-04" if written == "07,08" else "2012-03-04"
    body = roster([user(1, grades=f'"{written}"')], [demographic(1, birthDate=born)], roles=students)
    reading = read(body, TODAY)
    assert faulted(reading) == []
    assert reading.learners[0].year_group == year_group
    assert warned(reading) == ([warning] if warning else [])


def test_primary_pupils_of_an_all_through_school_are_out_of_scope_in_one_line() -> None:
    grades = ["R", "N1", "1", "06", "Year 3", "X"]
    users = [user(n, grades=grade) for n, grade in enumerate(grades, start=1)]
    births = [demographic(n, birthDate="2019-03-04") for n in range(1, 7)]
    reading = read(roster(users, births), TODAY)
    assert passed(reading) == {"year-group-before-7": 6}
    assert (reading.rows, reading.faults) == (0, [])


def test_a_year_that_neither_guarantee_nor_law_knows_is_a_fault_of_the_row() -> None:
    assert faulted(read_one(grades="14")) == ["year-group-out-of-range"]


@pytest.mark.parametrize(
    ("written", "flags"), [("Y", ("send",)), ("TRUE", ("send",)), ("yes ", ("send",)), ("0", ()), ("No", ())]
)
def test_yes_and_no_are_read_by_a_table(written: str, flags: tuple[str, ...]) -> None:
    reading = read_one(**{"metadata.priority_flags": "", "metadata.send": written})
    assert reading.learners[0].priority_flags == flags


@pytest.mark.parametrize(
    "name",
    ["നന്മ\u200dമ", "علی\u200cرضا", "李", "Nguyễn Thị", "O’Brien", "Þórhildur", "Ọlá", "Anne-Marie", "D'Arcy"],
)
def test_names_of_every_script_are_taken_as_they_are(name: str) -> None:
    assert read_one(givenName=name).learners[0].given_name == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Anna\u00a0Maria", "Anna Maria"),
        ("Jose\u0301", "José"),
        ("Ada\u200b", "Ada"),
        ("A\u202eda\x07", "Ada"),
    ],
)
def test_names_are_composed_and_freed_of_marks_that_no_letter_needs(written: str, name: str) -> None:
    reading = read_one(givenName=written)
    assert reading.learners[0].given_name == name
    assert warned(reading) == ["name-tidied"]


@pytest.mark.parametrize("missing", ["", ".", "--", "\u200d"])
def test_who_has_one_name_only_is_taken(missing: str) -> None:
    learner = read_one(givenName=missing).learners[0]
    assert (learner.given_name, learner.family_name) == ("", "Examplecanary")


@pytest.mark.parametrize("born", ["2099-01-01", "1950-01-01"])
def test_a_birth_date_that_nobody_at_school_has_is_a_fault(born: str) -> None:
    assert faulted(read_one(born)) == ["age-out-of-range"]


def test_a_birth_date_that_does_not_fit_the_year_group_is_a_fault_until_the_school_confirms_it() -> None:
    assert faulted(read_one("2009-03-04")) == ["birth-date-does-not-fit-year-group"]
    assert faulted(read_one("2015-03-04")) == ["birth-date-does-not-fit-year-group"]
    assert faulted(read_one("2009-03-04", **{"metadata.birth_date_confirmed": "Yes"})) == []
    assert faulted(read_one("2013-03-04")) == []
    assert faulted(read_one("2006-03-04", grades="13")) == []


@pytest.mark.parametrize(
    ("role", "kind", "standing"),
    [
        ({}, "bulk", "active"),
        ({"beginDate": "2025-09-01", "endDate": "2026-09-01"}, "bulk", "active"),
        ({"endDate": "2026-08-31"}, "bulk", "tobedeleted"),
        ({"status": "tobedeleted"}, "bulk", "tobedeleted"),
        ({"endDate": "2026-08-31"}, "delta", "role-ended"),
        ({"beginDate": "2026-09-02"}, "bulk", "role-not-begun"),
        ({"beginDate": "soon"}, "bulk", "role-dates-unreadable"),
    ],
)
def test_a_role_grants_what_its_dates_say(role: dict[str, str], kind: str, standing: str) -> None:
    blank = {"status": "", "beginDate": "", "endDate": "", "orgSourcedId": "org-1"}
    said = {"userSourcedId": "learner-001", "role": "student"} | blank
    body = roster([user(1)], [demographic(1)], manifest={"file.users": kind}, roles=table([said | role]))
    reading = read(body, TODAY)
    found = [learner.status for learner in reading.learners] + faulted(reading) + list(passed(reading))
    assert found == [standing]


def test_a_role_in_force_at_one_organisation_prevails_over_one_that_ended_at_another() -> None:
    ended = {"userSourcedId": "learner-001", "role": "student", "endDate": "2026-07-01", "orgSourcedId": "a"}
    roles = [
        ended,
        ended | {"endDate": "", "orgSourcedId": "b"},
        ended | {"role": "aide", "orgSourcedId": "c"},
    ]
    for ordered in (roles, roles[::-1]):
        reading = read(roster([user(1)], [demographic(1)], roles=table(ordered)), TODAY)
        assert [learner.status for learner in reading.learners] == ["active"]
