"""Deliveries: one event for one endpoint, attempted until it is taken or its schedule is used up."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

from shared.kernel import Aggregate, Conflict

DeliveryState = Literal["pending", "delivered", "exhausted", "stopped"]
LONGEST_RETRY_AFTER = timedelta(hours=24)
_GONE = 410
_ASK_FOR_TIME = {429, 502, 503, 504}


class DeliveryPending(Conflict):
    """It is on its way already."""

    slug = "delivery-pending"
    title = "The delivery is still being attempted"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try: when, how long, and the status the partner answered or why there was none."""

    id: UUID
    at: datetime
    milliseconds: int
    status_code: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def succeeded(self) -> bool:
        """2xx is success and nothing else is: a redirect is a failure."""
        return self.status_code is not None and 200 <= self.status_code < 300

    @property
    def gone(self) -> bool:
        return self.status_code == _GONE


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to wait before each further attempt; `waits` after the first, the second, ..."""

    waits: tuple[timedelta, ...]

    def wait_after(self, tries: int, attempt: Attempt, jitter: float) -> timedelta | None:
        """How long to wait after the `tries`-th attempt; None when there is no further one.

        `jitter` (0 to 1) stretches the wait by up to a tenth, so that what failed together does not
        come back together. Where the partner asks for more time it is given, up to a day.
        """
        if tries > len(self.waits):
            return None
        wait = self.waits[tries - 1] * (1 + jitter / 10)
        if attempt.status_code in _ASK_FOR_TIME and attempt.retry_after is not None:
            wait = max(wait, min(attempt.retry_after, LONGEST_RETRY_AFTER))
        return wait


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    """What became of a delivery."""

    state: DeliveryState


def delivery_of(event_id: UUID, endpoint_id: UUID) -> UUID:
    """The id of an event's delivery to an endpoint: a UUIDv7 of the event's time.

    The same where the event is heard again by a database that was restored and has forgotten it: by its id a
    partner knows what it has had.
    """
    drawn = int.from_bytes(sha256(event_id.bytes + endpoint_id.bytes).digest()[:10], "big")
    milliseconds, upper, lower = event_id.int >> 80, drawn >> 62 & 0xFFF, drawn & (1 << 62) - 1
    return UUID(int=milliseconds << 80 | 0x7 << 76 | upper << 64 | 0x2 << 62 | lower)


@dataclass(slots=True)
class Delivery(Aggregate):
    """An event on its way to an endpoint: the exact bytes that are signed and sent each time.

    `tries` counts the attempts of this round; a replay begins a new one. `due_in` is how long until
    the next attempt, None when there will be none.
    """

    id: UUID
    endpoint_id: UUID
    organisation_id: UUID
    event_id: UUID
    event_type: str
    payload: str
    created_at: datetime
    state: DeliveryState = "pending"
    tries: int = 0
    attempts: list[Attempt] = field(default_factory=list)
    due_in: timedelta | None = None

    @classmethod
    def of(
        cls,
        delivery_id: UUID,
        endpoint_id: UUID,
        organisation_id: UUID,
        event_id: UUID,
        event_type: str,
        payload: str,
        now: datetime,
    ) -> "Delivery":
        """A new delivery, due at once."""
        delivery = cls(delivery_id, endpoint_id, organisation_id, event_id, event_type, payload, now)
        delivery._change("pending", timedelta(0))
        return delivery

    def record_attempt(self, attempt: Attempt, schedule: Schedule, jitter: float) -> None:
        """Note an attempt and decide what follows. One that was sent twice is noted twice."""
        self.attempts.append(attempt)
        if self.state != "pending":
            self._change("delivered" if attempt.succeeded else self.state, None)
            return
        self.tries += 1
        if attempt.succeeded:
            self._change("delivered", None)
        elif (wait := schedule.wait_after(self.tries, attempt, jitter)) is None:
            self._change("exhausted", None)
        else:
            self._change("pending", wait)

    def stop(self) -> None:
        """Its endpoint is sent nothing any more."""
        if self.state == "pending":
            self._change("stopped", None)

    def replay(self) -> None:
        """Send it again now, under the same id, with a whole schedule before it. Raises `DeliveryPending`."""
        if self.state == "pending":
            raise DeliveryPending
        self.tries = 0
        self._change("pending", timedelta(0))

    def _change(self, state: DeliveryState, due_in: timedelta | None) -> None:
        self.state, self.due_in = state, due_in
        self.record(DeliveryChanged(state))
