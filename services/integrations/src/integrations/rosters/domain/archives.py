"""A partner's zip of CSV files, read within bounds: nothing is taken on its word."""

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from shared.kernel import Invalid

MAX_FILES = 40
MAX_FILE_BYTES = 10_000_000
MAX_ARCHIVE_BYTES = 20_000_000
MAX_ROWS = 50_000
MAX_COLUMNS = 100
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class RosterUnreadable(Invalid):
    """The archive as a whole cannot be read; nothing of it was taken. `file` and `reason` tell why."""

    slug = "roster-unreadable"
    title = "The roster cannot be read"

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"{file}: {reason}", field="body", file=file, reason=reason)


@dataclass(frozen=True, slots=True, repr=False)
class Row:
    """One record of a file: the line it ends on, and its cells by column, in small letters."""

    file: str
    line: int
    cells: dict[str, str]
    short: bool = False
    too_long: bool = False

    def cell(self, column: str) -> str:
        """The cell without surrounding blanks; empty where the column or the cell is missing."""
        return self.cells.get(column.lower(), "").strip()


class Archive:
    """The wanted files of a zip, in whatever folder, unpacked in memory as they are asked for."""

    def __init__(self, body: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(body))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise RosterUnreadable("archive", "not-a-zip") from error
        named = [(_name(member), member) for member in self._zip.infolist()]
        members = [(name, member) for name, member in named if name]
        if len(members) > MAX_FILES:
            raise RosterUnreadable("archive", "too-many-files")
        if any(member.flag_bits & 0x1 for _, member in members):
            raise RosterUnreadable("archive", "encrypted")
        if any(member.compress_type not in _COMPRESSIONS for _, member in members):
            raise RosterUnreadable("archive", "compression-unknown")
        self._members = dict(members)
        if len(self._members) < len(members):
            raise RosterUnreadable("archive", "file-twice")
        self._left = MAX_ARCHIVE_BYTES

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def rows(self, name: str, required: frozenset[str]) -> Iterator[Row]:
        """The records of a file whose header has the required columns. Raises `RosterUnreadable`."""
        reader = csv.reader(io.StringIO(self._text(name), newline=""), strict=True)
        try:
            columns = [column.strip().lower() for column in next(reader, [])]
            _check_header(name, columns, required)
            count = 0
            for cells in reader:
                if not any(cells):
                    continue
                count += 1
                if count > MAX_ROWS:
                    raise RosterUnreadable(name, "too-many-rows")
                by_column = {column: cell for column, cell in zip(columns, cells, strict=False) if column}
                beyond = any(cell.strip() for cell in cells[len(columns) :])
                yield Row(name, reader.line_num, by_column, len(cells) < len(columns), beyond)
        except csv.Error:
            # Its words may repeat the data.
            raise RosterUnreadable(name, "not-csv") from None

    def _text(self, name: str) -> str:
        if name not in self._members:
            raise RosterUnreadable(name, "file-missing")
        allowed = min(MAX_FILE_BYTES, self._left)
        try:
            # What the member says of its own size is the sender's word: count what comes out.
            with self._zip.open(self._members[name]) as file:
                content = file.read(allowed + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
            raise RosterUnreadable(name, "damaged") from None
        if len(content) > allowed:
            raise RosterUnreadable(name, "too-large")
        self._left -= len(content)
        try:
            # A spreadsheet's "Unicode text" is UTF-16; files put together may have a mark each.
            utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            return content.decode("utf-16" if utf16 else "utf-8").lstrip("\ufeff")
        except UnicodeDecodeError:
            raise RosterUnreadable(name, "not-utf-8") from None


def _name(member: zipfile.ZipInfo) -> str:
    """The member's file name in small letters; none for a folder and for what systems leave beside files."""
    *folders, name = member.filename.replace("\\", "/").lower().split("/")
    beside = "__macosx" in folders or name.startswith(".") or name in ("thumbs.db", "desktop.ini")
    return "" if beside else name


def _check_header(name: str, columns: list[str], required: frozenset[str]) -> None:
    named = [column for column in columns if column]
    if len(columns) > MAX_COLUMNS:
        raise RosterUnreadable(name, "too-many-columns")
    if len(set(named)) < len(named):
        raise RosterUnreadable(name, "column-twice")
    if not {column.lower() for column in required} <= set(named):
        raise RosterUnreadable(name, "column-missing")
