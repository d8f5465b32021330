"""What the service can be asked to do."""

from dataclasses import dataclass
from uuid import UUID

from bookings.copies.domain import AssuredSite, ProviderStanding, TrustedDays


@dataclass(frozen=True, slots=True)
class EraseLearner:
    """Forget a learner: here, and everywhere the pseudonym went."""

    institution_id: UUID
    learner_id: UUID


@dataclass(frozen=True, slots=True)
class RequestBooking:
    """Ask for places in a session for learners or for a cohort's; if wished, on the waiting list."""

    booking_id: UUID
    institution_id: UUID
    session_id: UUID
    learner_ids: tuple[UUID, ...] = ()
    cohort_id: UUID | None = None
    join_waiting_list: bool = False


@dataclass(frozen=True, slots=True)
class WithdrawBooking:
    """Take a booking back before it is confirmed."""

    booking_id: UUID
    acting_for: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class CancelBooking:
    """Take a confirmed booking back."""

    booking_id: UUID
    acting_for: frozenset[UUID]
    reason_code: str


@dataclass(frozen=True, slots=True)
class RemoveLearners:
    """Take some learners off a booking."""

    booking_id: UUID
    acting_for: frozenset[UUID]
    learner_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class GrantClearance:
    """Safeguarding lets a booking go ahead, under these conditions from now on."""

    booking_id: UUID
    acting_for: frozenset[UUID]
    conditions: tuple[str, ...]
    sequence: int


@dataclass(frozen=True, slots=True)
class RevokeClearance:
    """Safeguarding takes back that a booking may go ahead."""

    booking_id: UUID
    acting_for: frozenset[UUID]
    sequence: int


@dataclass(frozen=True, slots=True)
class RefuseClearance:
    """Safeguarding refuses a booking."""

    booking_id: UUID
    acting_for: frozenset[UUID]
    reason_codes: tuple[str, ...]
    sequence: int


@dataclass(frozen=True, slots=True)
class ReferClearance:
    """Safeguarding asks a person to decide on a booking."""

    booking_id: UUID
    acting_for: frozenset[UUID]
    sequence: int


@dataclass(frozen=True, slots=True)
class ExpireHold:
    """Give back the places of a booking that was not cleared in time."""

    booking_id: UUID
    acting_for: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class EndMissedBooking:
    """End a booking whose session begins without it."""

    booking_id: UUID
    acting_for: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class PromoteFromWaitingList:
    """Give a session's free places to those who wait for them."""

    session_id: UUID


@dataclass(frozen=True, slots=True)
class CancelSession:
    """Copy that a session will not take place, and cancel its bookings."""

    session_id: UUID
    reason_code: str
    sequence: int


@dataclass(frozen=True, slots=True)
class ApplyStanding:
    """Copy that a provider or a site is suspended or no longer is, and move the bookings there."""

    standing: ProviderStanding
    reason_code: str
    sequence: int


@dataclass(frozen=True, slots=True)
class ApplyAssurance:
    """Copy an assurance's new state (in_force, suspended or lapsed), and move the bookings at its site."""

    assurance_id: UUID
    site: AssuredSite
    state: str
    days: TrustedDays
    reason_code: str
    sequence: int
