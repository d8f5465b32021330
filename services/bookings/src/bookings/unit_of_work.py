"""One transaction of the service, with its repositories."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bookings.attendance.ports import Attendance
from bookings.attendance.repository import AttendanceRepository
from bookings.capacity.ports import Places, Sessions
from bookings.capacity.repository import PlacesRepository, SessionRepository
from bookings.capacity.rules import PlaceRules
from bookings.copies.ports import Copies, SiteTrust
from bookings.copies.repository import CopyRepository
from bookings.copies.rules import SiteTrustRules
from bookings.copies.site_trust import CopiedSiteTrust
from bookings.learners.ports import Cohorts, Learners, Roster
from bookings.learners.repository import CohortRepository, LearnerRepository
from bookings.learners.roster import Keys, SealedRoster
from bookings.reservations.domain.eligibility import EligibilityRules
from bookings.reservations.ports import Bookings, Candidates
from bookings.reservations.repository.bookings import BookingRepository
from bookings.reservations.repository.candidates import CandidateRepository
from shared.bus.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Rules:
    """The service's rules, each chosen by day."""

    site_trust: Callable[[date], SiteTrustRules]
    eligibility: Callable[[date], EligibilityRules]
    places: Callable[[date], PlaceRules]


class BookingsUnitOfWork:
    """What a handler works with; each asks for its part of it by a protocol of its capability."""

    def __init__(self, transaction: Transaction, rules: Rules, keys: Keys) -> None:
        self.now = transaction.now
        self.today = transaction.today
        self.site_trust_rules = rules.site_trust
        self.eligibility_rules = rules.eligibility
        self.place_rules = rules.places
        self.copies: Copies = CopyRepository(transaction)
        self.site_trust: SiteTrust = CopiedSiteTrust(transaction)
        self.roster: Roster = SealedRoster(transaction, keys)
        self.learners: Learners = LearnerRepository(transaction)
        self.cohorts: Cohorts = CohortRepository(transaction)
        self.sessions: Sessions = SessionRepository(transaction)
        self.places: Places = PlacesRepository(transaction)
        self.candidates: Candidates = CandidateRepository(transaction)
        self.bookings: Bookings = BookingRepository(transaction, self.places)
        self.attendance: Attendance = AttendanceRepository(transaction)
