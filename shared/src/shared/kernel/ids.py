"""Identifiers: UUID version 7 (RFC 9562), ordered by time of creation."""

import os
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

_RANDOM_BITS = 74
_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7, greater than every one this process made before it."""
    global _last  # noqa: PLW0603 - the one counter that keeps a process's ids in order
    random = int.from_bytes(os.urandom(10), "big")
    stamp = (time.time_ns() // 1_000_000) << _RANDOM_BITS | random >> 6
    with _lock:
        if stamp <= _last:
            stamp = _last + 1 + (random & 0xFFFF)
        _last = stamp
    milliseconds, upper, lower = stamp >> 74, stamp >> 62 & 0xFFF, stamp & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 0x7 << 76 | upper << 64 | 0x2 << 62 | lower)


def made_at(made: UUID) -> datetime | None:
    """When a UUIDv7 was made, to the millisecond; None of an id of another version."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC) if made.version == 7 else None
