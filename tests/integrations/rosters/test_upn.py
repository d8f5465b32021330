"""Unique pupil numbers and their check letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.rosters.domain.upn import LETTERS, check_letter, is_well_formed


@pytest.mark.parametrize(
    ("upn", "letter"),
    [
        ("B801200005001", "B"),
        ("A801200005001", "B"),
        ("Q207000016049", "P"),  # a supplier's own worked example says Q: its sum, 266, says P
    ],
)
def test_the_check_letter_is_the_weighted_sum_modulo_23(upn: str, letter: str) -> None:
    assert check_letter(upn) == letter


@pytest.mark.parametrize(
    "upn", ["", "B80120000500", "B8012000050011", "b801200005001", "I801200005001", "B80120000500O"]
)
def test_other_forms_are_not_well_formed(upn: str) -> None:
    assert not is_well_formed(upn)


def test_a_temporary_number_ends_with_a_letter() -> None:
    assert is_well_formed("B80120000500A")
    assert check_letter("B80120000500A") != check_letter("B80120000500B")


@given(st.from_regex(r"[0-9]{12}", fullmatch=True), st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(digits: str, place: int, by: int) -> None:
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert check_letter("A" + digits) in LETTERS
    assert check_letter("A" + digits) != check_letter("A" + wrong)
