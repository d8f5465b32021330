"""The lifecycle of a booking: its states, what may happen to it, and the one table of what follows."""

from collections.abc import Mapping
from enum import Enum, StrEnum


class State(StrEnum):
    """Where a booking stands.

    The suspended states look alike from outside; they differ in what a booking goes back to.
    """

    WAITLISTED = "waitlisted"
    AWAITING_CLEARANCE = "awaiting_clearance"
    CONFIRMED = "confirmed"
    SUSPENDED = "suspended"
    SUSPENDED_AWAITING = "suspended_awaiting"
    SUSPENDED_CLEARED = "suspended_cleared"
    SUSPENDED_REVOKED = "suspended_revoked"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Final: nothing happens to the booking any more."""
        return self in _ENDED

    @property
    def suspended(self) -> bool:
        return self in _SUSPENDED

    @property
    def holds_places(self) -> bool:
        """Whether places of the session are taken for the booking."""
        return not self.ended and self is not State.WAITLISTED

    @property
    def has_registers(self) -> bool:
        """Whether attendance is recorded: also of the days before it was suspended under way."""
        return self in (State.CONFIRMED, State.SUSPENDED, State.SUSPENDED_REVOKED)

    @property
    def shown(self) -> str:
        """The state's name outside this service."""
        return State.SUSPENDED.value if self.suspended else self.value


_ENDED = frozenset({State.REFUSED, State.EXPIRED, State.WITHDRAWN, State.CANCELLED})
_SUSPENDED = frozenset(
    {State.SUSPENDED, State.SUSPENDED_AWAITING, State.SUSPENDED_CLEARED, State.SUSPENDED_REVOKED}
)


class Trigger(Enum):
    """What may happen to a booking."""

    PLACES_CAME_FREE = "places came free for the first on the waiting list"
    LEARNERS_ARE_BUSY = "places came free on days its learners have since been booked elsewhere"
    CLEARANCE_GRANTED = "safeguarding let it go ahead"
    CLEARANCE_REVOKED = "safeguarding took back that it may go ahead"
    CLEARANCE_REFUSED = "safeguarding refused it"
    CLEARANCE_REFERRED = "safeguarding asked a person to decide"
    HOLD_RAN_OUT = "the hold's deadline passed"
    SESSION_BEGAN = "the session began without it"
    WITHDRAWN = "the institution took it back before it was confirmed"
    CANCELLED = "the institution took it back after it was confirmed"
    SESSION_CANCELLED = "the session will not take place"
    ASSURANCE_LOST = "the provider's site is no longer trusted"
    ASSURANCE_REGAINED = "the provider's site is trusted again"


S, T = State, Trigger

TRANSITIONS: Mapping[tuple[State, Trigger], State] = {
    (S.WAITLISTED, T.PLACES_CAME_FREE): S.AWAITING_CLEARANCE,
    (S.WAITLISTED, T.LEARNERS_ARE_BUSY): S.REFUSED,
    (S.WAITLISTED, T.WITHDRAWN): S.WITHDRAWN,
    (S.WAITLISTED, T.SESSION_BEGAN): S.EXPIRED,
    (S.WAITLISTED, T.SESSION_CANCELLED): S.CANCELLED,
    (S.AWAITING_CLEARANCE, T.CLEARANCE_GRANTED): S.CONFIRMED,
    (S.AWAITING_CLEARANCE, T.CLEARANCE_REVOKED): S.SUSPENDED_REVOKED,
    (S.AWAITING_CLEARANCE, T.CLEARANCE_REFUSED): S.REFUSED,
    (S.AWAITING_CLEARANCE, T.CLEARANCE_REFERRED): S.AWAITING_CLEARANCE,
    (S.AWAITING_CLEARANCE, T.HOLD_RAN_OUT): S.EXPIRED,
    (S.AWAITING_CLEARANCE, T.WITHDRAWN): S.WITHDRAWN,
    (S.AWAITING_CLEARANCE, T.SESSION_CANCELLED): S.CANCELLED,
    (S.AWAITING_CLEARANCE, T.ASSURANCE_LOST): S.SUSPENDED_AWAITING,
    (S.CONFIRMED, T.CLEARANCE_REVOKED): S.SUSPENDED_REVOKED,
    (S.CONFIRMED, T.CLEARANCE_REFUSED): S.REFUSED,
    (S.CONFIRMED, T.CANCELLED): S.CANCELLED,
    (S.CONFIRMED, T.SESSION_CANCELLED): S.CANCELLED,
    (S.CONFIRMED, T.ASSURANCE_LOST): S.SUSPENDED,
    (S.SUSPENDED, T.ASSURANCE_REGAINED): S.CONFIRMED,
    (S.SUSPENDED, T.CLEARANCE_REVOKED): S.SUSPENDED_REVOKED,
    (S.SUSPENDED, T.CLEARANCE_REFUSED): S.REFUSED,
    (S.SUSPENDED, T.CANCELLED): S.CANCELLED,
    (S.SUSPENDED, T.SESSION_CANCELLED): S.CANCELLED,
    (S.SUSPENDED, T.SESSION_BEGAN): S.EXPIRED,
    (S.SUSPENDED_AWAITING, T.ASSURANCE_REGAINED): S.AWAITING_CLEARANCE,
    (S.SUSPENDED_AWAITING, T.CLEARANCE_GRANTED): S.SUSPENDED_CLEARED,
    (S.SUSPENDED_AWAITING, T.CLEARANCE_REVOKED): S.SUSPENDED_REVOKED,
    (S.SUSPENDED_AWAITING, T.CLEARANCE_REFUSED): S.REFUSED,
    (S.SUSPENDED_AWAITING, T.CLEARANCE_REFERRED): S.SUSPENDED_AWAITING,
    (S.SUSPENDED_AWAITING, T.WITHDRAWN): S.WITHDRAWN,
    (S.SUSPENDED_AWAITING, T.SESSION_CANCELLED): S.CANCELLED,
    (S.SUSPENDED_AWAITING, T.SESSION_BEGAN): S.EXPIRED,
    (S.SUSPENDED_CLEARED, T.ASSURANCE_REGAINED): S.CONFIRMED,
    (S.SUSPENDED_CLEARED, T.CLEARANCE_REVOKED): S.SUSPENDED_REVOKED,
    (S.SUSPENDED_CLEARED, T.CLEARANCE_REFUSED): S.REFUSED,
    (S.SUSPENDED_CLEARED, T.WITHDRAWN): S.WITHDRAWN,
    (S.SUSPENDED_CLEARED, T.SESSION_CANCELLED): S.CANCELLED,
    (S.SUSPENDED_CLEARED, T.SESSION_BEGAN): S.EXPIRED,
    # Whether its site is trusted meanwhile is asked when it is cleared again.
    (S.SUSPENDED_REVOKED, T.CLEARANCE_GRANTED): S.CONFIRMED,
    (S.SUSPENDED_REVOKED, T.CLEARANCE_REFUSED): S.REFUSED,
    (S.SUSPENDED_REVOKED, T.CANCELLED): S.CANCELLED,
    (S.SUSPENDED_REVOKED, T.SESSION_CANCELLED): S.CANCELLED,
    (S.SUSPENDED_REVOKED, T.SESSION_BEGAN): S.EXPIRED,
}


def after(state: State, trigger: Trigger) -> State | None:
    """The state that follows; None where the trigger means nothing to a booking in this state."""
    return TRANSITIONS.get((state, trigger))


def open_to(trigger: Trigger) -> frozenset[State]:
    """The states in which the trigger means something."""
    return frozenset(state for state, known in TRANSITIONS if known is trigger)
