"""Learners' pseudonyms."""

from uuid import UUID, uuid4

from bookings.learners.domain import pseudonym

SECRET = b"a secret of the tests"
SCHOOL, OTHER_SCHOOL = uuid4(), uuid4()


def test_a_upn_moves_school_with_its_pupil() -> None:
    assert pseudonym(SECRET, SCHOOL, "1", "A123456789012") == pseudonym(
        SECRET, OTHER_SCHOOL, "77", " a123456789012"
    )


def test_without_a_upn_the_school_s_own_id_counts_in_that_school_alone() -> None:
    assert pseudonym(SECRET, SCHOOL, "1", None) == pseudonym(SECRET, SCHOOL, "1", "")
    assert pseudonym(SECRET, SCHOOL, "1", None) != pseudonym(SECRET, OTHER_SCHOOL, "1", None)
    assert pseudonym(SECRET, SCHOOL, "1", None) != pseudonym(SECRET, SCHOOL, "2", None)


def test_the_pseudonym_depends_on_the_secret() -> None:
    assert pseudonym(SECRET, SCHOOL, "1", "A123456789012") != pseudonym(
        b"another", SCHOOL, "1", "A123456789012"
    )


def test_the_pseudonym_is_a_uuid_of_version_8() -> None:
    made = pseudonym(SECRET, SCHOOL, "1", "A123456789012")

    assert made.version == 8
    assert UUID(str(made)) == made
