"""What happens to bookings."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from bookings.domain.attendance import Register

if TYPE_CHECKING:
    from bookings.domain.bookings import Booking


@dataclass(frozen=True, slots=True)
class BookingRequested:
    """Places are held while safeguarding decides."""

    booking: "Booking"


@dataclass(frozen=True, slots=True)
class BookingWaitlisted:
    """The booking waits in line."""

    booking: "Booking"


@dataclass(frozen=True, slots=True)
class ClearanceNoted:
    """Safeguarding spoke, and the booking goes on waiting: for a person, or for the provider's return."""

    booking: "Booking"


@dataclass(frozen=True, slots=True)
class BookingConfirmed:
    """The booking goes ahead."""

    booking: "Booking"


@dataclass(frozen=True, slots=True)
class BookingChanged:
    """Some learners left."""

    booking: "Booking"
    removed: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class BookingSuspended:
    """The provider is not trusted at the moment."""

    booking: "Booking"
    reason_code: str


@dataclass(frozen=True, slots=True)
class BookingReinstated:
    """The provider is trusted again; the booking goes ahead as confirmed."""

    booking: "Booking"


@dataclass(frozen=True, slots=True)
class BookingEnded:
    """The booking ended without taking place."""

    booking: "Booking"


@dataclass(frozen=True, slots=True)
class AttendanceRecorded:
    """The register of one day was taken, or taken again."""

    booking: "Booking"
    register: Register
