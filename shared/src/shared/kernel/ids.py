"""Identifiers: UUID version 7 (RFC 9562), ordered by time of creation."""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7, greater than every one this process made before it."""
    global _last  # noqa: PLW0603 - the one counter that keeps a process's ids in order
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    candidate = (milliseconds << 80) | random
    with _lock:
        if candidate <= _last:
            candidate = _last + 1 + (random & 0xFFFF)
        _last = candidate
    value = candidate >> 80 << 80 | (candidate & ((1 << 80) - 1))
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)
