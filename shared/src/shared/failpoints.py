"""Points where a process fails on purpose, in local stacks and tests: `WEX_FAIL=R3:kill9`."""

import os
import random
import signal
from dataclasses import dataclass
from typing import Literal, get_args

Action = Literal["kill9", "hang", "raise"]

POINTS = {
    "A1": "a request is claimed, nothing is done yet",
    "A2": "a request is done, before COMMIT",
    "A3": "a request is committed, before its answer",
    "A4": "the first half of a change's answer is sent",
    "C1": "an event is read, before its transaction",
    "C2": "an event (or a deadline) is claimed in the inbox, nothing is done yet",
    "C3": "an event (or a deadline) is done, before COMMIT",
    "C4": "an event (or a deadline) is committed, before the offset is",
    "C5": "the group takes partitions away, before what was done on them is committed",
    "R1": "the relay has taken rows",
    "R2": "the relay has given rows to the client, before the acknowledgement",
    "R3": "the relay's rows are acknowledged, before they are removed",
    "R4": "the relay's rows are removed",
    "W1": "a webhook delivery is claimed, before it is sent",
    "W2": "a webhook delivery was taken, before that is recorded",
}


class FailedOnPurpose(Exception):  # noqa: N818 - not an error of the program
    """A failpoint was reached whose action is `raise`."""


@dataclass(slots=True)
class Failpoint:
    """Fails once in its process: at a visit of its point, each with the same probability."""

    point: str
    action: Action
    probability: float = 1.0
    spent: bool = False

    @classmethod
    def parse(cls, text: str) -> "Failpoint":
        """Read `<point>:kill9|hang|raise[:probability]`. Raises `ValueError` for anything else."""
        point, _, rest = text.partition(":")
        action, _, probability = rest.partition(":")
        if point not in POINTS:
            raise ValueError(f"no failpoint is called {point}; there are {', '.join(POINTS)}")
        for known in get_args(Action):
            if action == known:
                return cls(point, known, float(probability or 1))
        raise ValueError(f"a failpoint does one of {', '.join(get_args(Action))}")

    def visit(self, point: str) -> None:
        if point != self.point or self.spent or random.random() >= self.probability:  # noqa: S311
            return
        self.spent = True
        if self.action == "raise":
            raise FailedOnPurpose(point)
        # Stopped, the process holds its locks and connections until it is continued or killed.
        os.kill(os.getpid(), signal.SIGKILL if self.action == "kill9" else signal.SIGSTOP)


_armed: Failpoint | None = None


def arm(text: str | None) -> None:
    """Fail as `text` says from now on, or nowhere. Settings refuse it in production."""
    global _armed  # noqa: PLW0603 - one process has one failpoint
    _armed = Failpoint.parse(text) if text else None


def reach(point: str) -> None:
    """The process comes by this point."""
    if _armed is not None:
        _armed.visit(point)


def armed(point: str) -> bool:
    """Whether the process fails at this point, once it comes by it."""
    return _armed is not None and _armed.point == point
