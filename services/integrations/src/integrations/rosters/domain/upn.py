"""Unique pupil numbers: their form and their check letter (DfE, UPN guide; govtalk UPN v2.0)."""

import re

# Twenty-three letters: I, O and S are left out. A letter's place is its value, both ways.
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_FORM = re.compile(rf"[{LETTERS}][0-9]{{11}}[0-9{LETTERS}]")


def is_well_formed(upn: str) -> bool:
    """Whether it has the form: a letter, eleven digits, and a digit (a letter: temporary)."""
    return _FORM.fullmatch(upn) is not None


def check_letter(upn: str) -> str:
    """The letter a well-formed number should begin with: its places 2 to 13, weighted, modulo 23."""
    total = sum(place * _value(each) for place, each in enumerate(upn[1:], start=2))
    return LETTERS[total % 23]


def _value(each: str) -> int:
    return int(each) if each.isdigit() else LETTERS.index(each)
