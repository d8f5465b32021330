"""What a trial leaves behind, as plain data: the clients' journal, rows and events."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

HOLDS_PLACES = {
    "awaiting_clearance", "confirmed",
    "suspended", "suspended_awaiting", "suspended_cleared", "suspended_revoked",
}  # fmt: skip
ENDED = {"refused", "expired", "withdrawn", "cancelled"}


# Topics that keep the last record of each key for ever.
COMPACTED = {"opportunities.organisations", "bookings.learners", "bookings.places", "outcomes.frameworks"}


@dataclass
class Ask:
    """One request for a place, as its client knows it: `status` is None while nobody has answered."""

    institution: str
    session: str
    learner: str
    key: str
    waits: bool = False
    status: int | None = None
    slug: str = ""
    booking: str = ""
    taken_back: bool = False  # the client has asked for the booking's end, and was told it is done


@dataclass(frozen=True)
class Booking:
    """A row of `bookings`, with its learners."""

    id: str
    institution: str
    session: str
    learners: tuple[str, ...]
    state: str
    places: int
    version: int


@dataclass(frozen=True)
class Clearance:
    """A row of safeguarding's `clearances`."""

    booking: str
    state: str
    version: int


@dataclass(frozen=True)
class Attended:
    """A learner was at a session, for so many minutes; meaningful: and everything that shows it was sent."""

    learner: str
    booking: str
    session: str
    minutes: int
    meaningful: bool


@dataclass(frozen=True)
class Entry:
    """A row of the ledger; `learner` is whom its account belongs to."""

    id: str
    learner: str
    booking: str
    sequence: int
    kind: str
    minutes: int
    reverses: str | None = None


@dataclass(frozen=True)
class Told:
    """A message as it lies in a topic."""

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    type: str
    sequence: int
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Overdue:
    """A deadline that passed and was neither met nor put off; `dead` when it was given up."""

    service: str
    name: str
    seconds: float
    dead: bool


@dataclass
class Seen:
    """Everything the checkers look at."""

    asks: list[Ask] = field(default_factory=list)
    places: dict[str, tuple[int, int]] = field(default_factory=dict)  # session: places, taken
    bookings: list[Booking] = field(default_factory=list)
    clearances: list[Clearance] = field(default_factory=list)
    adults: dict[str, bool] = field(default_factory=dict)  # session: its adult's check is clear, as last said
    copies: dict[str, tuple[int, bool]] = field(default_factory=dict)  # in outcomes: sequence, ended
    hears: dict[str, list[str]] = field(default_factory=dict)  # event type: subscriptions to it
    claims: set[tuple[str, str]] = field(default_factory=set)  # subscription, event: of every inbox
    overdue: list[Overdue] = field(default_factory=list)  # deadlines
    told: list[Told] = field(default_factory=list)
    received: list[tuple[str, str, str, int]] = field(
        default_factory=list
    )  # webhook id, type, booking, sequence
    partner: str = ""  # the institution whose partner listens
    waiting: dict[str, int] = field(default_factory=dict)  # outbox rows by service
    parked: list[str] = field(default_factory=list)
    confirmed_after: float | None = 0.0  # seconds from the heal to a fresh booking's confirmation
    changed_tables: list[str] = field(default_factory=list)  # by a redelivery or a replay
    disagreements: list[str] = field(default_factory=list)  # of the control totals of the trial's days
    broken: list[str] = field(default_factory=list)  # what a cell itself found wrong
    attended: list[Attended] = field(default_factory=list)
    ledger: list[Entry] = field(default_factory=list)  # of all who attended
    booked: set[str] = field(default_factory=set)  # those bookings of the ledger that are there
    accounts: dict[str, int] = field(default_factory=dict)  # learner: how many entries the account counts
    totals: dict[str, int] = field(default_factory=dict)  # learner: minutes in the running total
    owners: dict[str, str] = field(default_factory=dict)  # ids of learners and bookings: whose they are
    answers: list[tuple[str, int, str]] = field(default_factory=list)  # organisation, status, body
    foreign: list[str] = field(default_factory=list)  # what a tenant saw of another's rows
    marks: list[str] = field(default_factory=list)  # words that belong to people
    said: list[tuple[str, str]] = field(default_factory=list)  # where, what: logs, traces, topics, the parked

    def about(self, *prefixes: str) -> dict[str, list[Told]]:
        """Events whose type begins so, by their key, in the order of the log."""
        found: dict[str, list[Told]] = {}
        for each in sorted(self.told, key=lambda each: (each.topic, each.partition, each.offset)):
            if each.type.startswith(prefixes):
                found.setdefault(each.key, []).append(each)
        return found
