"""OneRoster files read: what is taken, what is told, what refuses the whole."""

import io
import zipfile
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.rosters.domain.archives import RosterUnreadable
from integrations.rosters.domain.oneroster import Reading, read
from tests.integrations.rosters.scenario import demographic, roster, school, table, upn, user

TODAY = date(2026, 9, 1)
ONE = [demographic(1)]


def codes(reading: Reading) -> list[tuple[int, str, str, str]]:
    return [(fault.row, fault.file, fault.column, fault.code) for fault in reading.faults]


def read_one(**cells: Any) -> Reading:
    return read(roster([user(1, **cells)], [demographic(1)]), TODAY)


@pytest.mark.parametrize("written", ["9", "09", "Year 9", "year 09", " 9 "])
def test_a_year_group_may_be_written_in_several_ways(written: str) -> None:
    assert read_one(grades=written).learners[0].year_group == 9


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"grades": "14"}, "grades", "year-group-out-of-range"),
        ({"grades": "nine"}, "grades", "year-group-unreadable"),
        ({"givenName": "", "familyName": "."}, "givenName", "missing"),
        ({"familyName": "x" * 101}, "familyName", "too-long"),
        ({"givenName": "=HYPERLINK(1)"}, "givenName", "characters-not-allowed"),
        ({"givenName": "@Ada"}, "givenName", "characters-not-allowed"),
        ({"familyName": "-Example"}, "familyName", "characters-not-allowed"),
        ({"familyName": "Exa\ue000mple"}, "familyName", "characters-not-allowed"),
        ({"metadata.send": "perhaps"}, "metadata.send", "flag-unreadable"),
        ({"userIds": "{UPN:123}"}, "userIds", "upn-form"),
        ({"status": "gone"}, "status", "status-unknown"),
        ({"metadata.priority_flags": "Free School Meals"}, "metadata.priority_flags", "flag-unreadable"),
    ],
)
def test_a_cell_that_breaks_a_rule_is_told_by_its_place(
    cells: dict[str, str], column: str, code: str
) -> None:
    reading = read_one(**cells)
    assert reading.learners == []
    assert codes(reading) == [(2, "users.csv", column, code)]


def test_a_learner_without_a_upn_is_taken() -> None:
    assert read_one(userIds="").learners[0].upn is None
    assert read_one(userIds="", identifier="school-number-17").learners[0].upn is None


def test_a_upn_may_stand_in_the_identifier() -> None:
    assert read_one(userIds="{Local:17}", identifier=upn(7).lower()).learners[0].upn == upn(7)


def test_flags_are_codes_without_repetition() -> None:
    flags = read_one(**{"metadata.priority_flags": "send; looked-after;send;"}).learners[0].priority_flags
    assert flags == ("send", "looked-after")


@pytest.mark.parametrize(
    ("born", "code"),
    [("", "missing"), ("04/03/2012", "date-unreadable"), ("1990-01-01", "age-out-of-range")],
)
def test_a_birth_date_is_told_by_its_place_in_demographics(born: str, code: str) -> None:
    reading = read(roster([user(1)], [demographic(1, birthDate=born)]), TODAY)
    assert codes(reading) == [(2, "demographics.csv", "birthDate", code)]


def test_a_learner_without_demographics_a_row_twice_and_a_upn_twice_are_told() -> None:
    users = [user(1), user(1), user(2, userIds=f"{{UPN:{upn(1)}}}"), user(3)]
    reading = read(roster(users, [demographic(1), demographic(2)]), TODAY)
    assert [learner.source_id for learner in reading.learners] == ["learner-001"]
    assert {(row, code) for row, _, _, code in codes(reading)} == {
        (3, "row-twice"),
        (4, "upn-twice"),
        (5, "demographics-missing"),
    }


def test_staff_are_not_learners() -> None:
    roles = table(
        [
            {"userSourcedId": "learner-001", "role": "student"},
            {"userSourcedId": "learner-002", "role": "teacher"},
        ]
    )
    people = [user(1), user(2), user(3, grades=""), user(4)]
    reading = read(roster(people, [demographic(1), demographic(4)], roles=roles), TODAY)
    assert [learner.source_id for learner in reading.learners] == ["learner-001", "learner-004"]
    assert reading.rows == 2


def test_who_is_to_be_deleted_is_taken_by_the_schools_own_id_alone() -> None:
    delta = {"file.users": "delta", "file.demographics": "delta"}
    reading = read(roster([user(1, status="tobedeleted")], ONE, manifest=delta), TODAY)
    assert (reading.kind, reading.learners[0].status) == ("delta", "tobedeleted")
    assert reading.learners[0].upn == upn(1)
    blank = dict.fromkeys(user(1), "") | {"sourcedId": "learner-001", "status": "tobedeleted"}
    (alone,) = read(roster([blank], manifest=delta | {"file.demographics": ""}), TODAY).learners
    assert (alone.source_id, alone.upn, alone.status) == ("learner-001", None, "tobedeleted")


def test_a_row_with_too_many_cells_is_told_and_blank_lines_are_passed() -> None:
    broken = table([user(1)]) + b"\r\n" + table([user(2) | {"": "", "more": "x"}]).splitlines()[1] + b"\r\n"
    reading = read(roster(broken, [demographic(1), demographic(2)]), TODAY)
    assert len(reading.learners) == 1
    assert [code for *_, code in codes(reading)] == ["cells-do-not-match-header"]


def _zip(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("body", "file", "reason"),
    [
        (b"", "archive", "not-a-zip"),
        (b"not a zip at all", "archive", "not-a-zip"),
        (school(1)[:200], "archive", "not-a-zip"),
        (_zip(*((f"{n}.csv", b"") for n in range(41))), "archive", "too-many-files"),
        (_zip(("manifest.csv", b""), compression=zipfile.ZIP_LZMA), "archive", "compression-unknown"),
        (_zip(("other.csv", b"")), "manifest.csv", "file-missing"),
        (_zip(("manifest.csv", b"")), "manifest.csv", "column-missing"),
        (school(1, manifest={"oneroster.version": "1.0"}), "manifest.csv", "version-unknown"),
        (school(1, manifest={"file.users": "absent"}), "manifest.csv", "users-absent"),
        (roster([user(1)]), "demographics.csv", "file-missing"),
        (roster([{"sourcedId": "1"}], ONE), "users.csv", "column-missing"),
        (roster(b"sourcedId,sourcedId\r\n", ONE), "users.csv", "column-twice"),
        (roster(b",".join(b"c%d" % n for n in range(101)), ONE), "users.csv", "too-many-columns"),
        (roster(table([user(1)]).replace(b"Adacanary", b"Ad\xe9"), ONE), "users.csv", "not-utf-8"),
        (roster(table([user(1)]) + b'"unclosed', ONE), "users.csv", "not-csv"),
        (roster(table([user(1)]) + b'"' + b"x" * 200_000 + b'"', ONE), "users.csv", "not-csv"),
        (roster(b"x" * 11_000_000, ONE), "users.csv", "too-large"),
        (roster(table([user(1, grades="")]) + b"x\r\n" * 50_001, ONE), "users.csv", "too-many-rows"),
    ],
)  # fmt: skip
def test_a_broken_structure_refuses_the_whole(body: bytes, file: str, reason: str) -> None:
    with pytest.raises(RosterUnreadable) as refused:
        read(body, TODAY)
    assert refused.value.facts == {"file": file, "reason": reason}


def test_a_member_that_lies_about_its_size_is_counted_as_it_comes_out() -> None:
    body = bytearray(roster(b"x" * 11_000_000, ONE))
    size = (11_000_000).to_bytes(4, "little")
    assert body.count(size) >= 2
    lying = bytes(body).replace(size, (100).to_bytes(4, "little"))
    with pytest.raises(RosterUnreadable) as refused:
        read(lying, TODAY)
    assert refused.value.facts["file"] == "users.csv"


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for body in (content, roster(content, [demographic(1)]), roster([user(1)], content)):
        try:
            read(body, TODAY)
        except RosterUnreadable:
            continue


@given(st.dictionaries(st.sampled_from(list(user(1))), st.text(max_size=30)))
def test_any_cells_are_taken_or_told_and_no_learner_is_lost(cells: dict[str, str]) -> None:
    quoted = {column: '"' + value.replace('"', '""') + '"' for column, value in cells.items()}
    body = roster([user(1), user(2, **quoted)], [demographic(1), demographic(2)])
    try:
        reading = read(body, TODAY)
    except RosterUnreadable:
        return
    told = {fault.row for fault in reading.faults}
    assert len(reading.learners) + len(told) == reading.rows
    assert reading.rows + sum(each.rows for each in reading.out_of_scope) == 2
    assert "learner-001" in {learner.source_id for learner in reading.learners}
