"""A partner's zip of CSV files, read within bounds: nothing is taken on its word."""

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
MAX_ROWS = 10_000
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
    """One record of a file: the line it ends on, and its cells by column."""

    file: str
    line: int
    cells: dict[str, str]
    complete: bool = True

    def cell(self, column: str) -> str:
        """The cell without surrounding blanks; empty where the column or the cell is missing."""
        return self.cells.get(column, "").strip()


class Archive:
    """The wanted files of a zip, unpacked in memory as they are asked for."""

    def __init__(self, body: bytes) -> None:
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(body))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise RosterUnreadable("archive", "not-a-zip") from error
        members = self._zip.infolist()
        if len(members) > MAX_FILES:
            raise RosterUnreadable("archive", "too-many-files")
        if any(member.flag_bits & 0x1 for member in members):
            raise RosterUnreadable("archive", "encrypted")
        if any(member.compress_type not in _COMPRESSIONS for member in members):
            raise RosterUnreadable("archive", "compression-unknown")
        if len({member.filename for member in members}) < len(members):
            raise RosterUnreadable("archive", "file-twice")
        self._members = {member.filename: member for member in members}
        self._left = MAX_ARCHIVE_BYTES

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def rows(self, name: str, required: frozenset[str]) -> Iterator[Row]:
        """The records of a file whose header has the required columns. Raises `RosterUnreadable`."""
        reader = csv.reader(io.StringIO(self._text(name), newline=""), strict=True)
        try:
            columns = [column.strip() for column in next(reader, [])]
            _check_header(name, columns, required)
            count = 0
            for cells in reader:
                if not any(cells):
                    continue
                count += 1
                if count > MAX_ROWS:
                    raise RosterUnreadable(name, "too-many-rows")
                by_column = dict(zip(columns, cells, strict=False))
                yield Row(name, reader.line_num, by_column, len(cells) == len(columns))
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
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise RosterUnreadable(name, "not-utf-8") from None


def _check_header(name: str, columns: list[str], required: frozenset[str]) -> None:
    if len(columns) > MAX_COLUMNS:
        raise RosterUnreadable(name, "too-many-columns")
    if len(set(columns)) < len(columns):
        raise RosterUnreadable(name, "column-twice")
    if not required <= set(columns):
        raise RosterUnreadable(name, "column-missing")
