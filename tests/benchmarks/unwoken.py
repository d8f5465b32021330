"""An api process that never wakes the relay: `python -m tests.benchmarks.unwoken bookings api`."""

import runpy
import sys

from shared.bus.wake import Waker

if __name__ == "__main__":
    setattr(Waker, "wake", lambda _: None)  # noqa: B010 - the relay is left to its poll
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
