"""What becomes of a message that failed: tried again where it is, or set aside, in which state and why."""

from dataclasses import dataclass
from typing import Literal

from shared.bus.command_bus import OutcomeUnknown
from shared.bus.inbox import Blocked, InFlight
from shared.contracts.envelope import Malformed, UnknownType, UnknownValue
from shared.kernel import ConcurrentChange, NotYetKnown, Refusal
from shared.persistence.database import is_overdue, is_transient

OpenState = Literal["waiting", "unknown", "failed"]
TRIES = 4  # tries of a message that fails for an unknown reason, before it is left to a person
MAX_OVERDUE_SECONDS = 300.0  # for which a message may run into the database's deadlines, before it is too
# Errors that pass: another process has the message, another change was quicker, an answer was lost.
_PASSING = (InFlight, ConcurrentChange, OutcomeUnknown)


@dataclass(frozen=True, slots=True)
class Aside:
    """How a message is set aside.

    `waiting` is taken up again by itself, `unknown` by a release that can read it, `failed` by a person.
    `needs` is what it waits for; while it `holds`, later messages of its key wait behind it.
    """

    state: OpenState
    reason: str
    needs: str = ""
    holds: bool = True


def verdict(error: Exception, tries: int, overdue_seconds: float) -> Aside | None:  # noqa: PLR0911
    """How to set aside the message that ended so, or None where the same may soon succeed."""
    if isinstance(error, Blocked):
        return Aside("waiting", "behind a parked message of its aggregate")
    if isinstance(error, NotYetKnown):
        needs, holds = str(error.needs or ""), not error.of_its_own_key
        return Aside("waiting", f"not known yet: {error}", needs, holds)
    if isinstance(error, (UnknownType, UnknownValue)):
        return Aside("unknown", f"unknown to this release: {error}")
    if isinstance(error, Malformed):
        # It cannot be taken even by a newer release: nothing is gained by making others wait for it.
        return Aside("failed", f"malformed: {error}", holds=False)
    if isinstance(error, _PASSING) or is_transient(error):
        late = is_overdue(error) and overdue_seconds > MAX_OVERDUE_SECONDS
        return Aside("failed", f"overdue: {type(error).__name__}") if late else None
    if isinstance(error, Refusal):
        return Aside("failed", f"refused: {error.slug}")
    return Aside("failed", f"failed: {type(error).__name__}") if tries >= TRIES else None
