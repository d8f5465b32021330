"""What only Linux offers: a child that is asked to end when its parent dies, and a name to know it by."""

import ctypes
import os
import sys
from collections.abc import Callable

_SET_PARENT_DEATH_SIGNAL = 1
_SET_NAME = 15


def end_with_parent(stop_signal: int) -> Callable[[], None] | None:
    """What the child calls right after the fork; nothing where the kernel cannot do it."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl

    def ask_kernel() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, stop_signal)
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel


def name_process(name: str) -> None:
    """Show this name in `top` and `ps`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_NAME, name.encode()[:15], 0, 0, 0)
