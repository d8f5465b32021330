"""Names as people have them: in every script, of one part or more."""

import unicodedata

MAX_NAME = 100
# A cell that begins like this is run as a formula where a spreadsheet later opens an export.
_FORMULA = tuple("=+-@")
# Joiners shape letters of Arabic, Persian, Malayalam, Sinhala and others: a name is another without them.
_JOINERS = frozenset({"\u200c", "\u200d"})
_NOT_TEXT = frozenset({"Cn", "Co", "Cs"})


class NameRefused(ValueError):  # noqa: N818 - the cell is at fault, not the code
    """A name that cannot be taken; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def tidy(cell: str) -> str:
    """The name in composed form, without controls and invisible marks that no letter needs; empty where none.

    Every kind of blank becomes a space. Marks that stand for "no name", as a dot or a dash, are none.
    Raises `NameRefused`.
    """
    kept = "".join(map(_kept, unicodedata.normalize("NFC", cell)))
    name = " ".join(kept.split())
    if not any(unicodedata.category(each)[0] in "LN" for each in name):
        name = "" if all(unicodedata.category(each)[0] in "PZC" for each in name) else name
    if len(name) > MAX_NAME:
        raise NameRefused("too-long")
    if name.startswith(_FORMULA) or any(unicodedata.category(each) in _NOT_TEXT for each in name):
        raise NameRefused("characters-not-allowed")
    return name


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp") or character in "\t\r\n":
        return " "
    return "" if category == "Cc" or (category == "Cf" and character not in _JOINERS) else character
