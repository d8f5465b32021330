"""One transaction of the service, with its repositories."""

from bookings.adapters.bookings import BookingRepository
from bookings.adapters.candidates import CandidateRepository
from bookings.adapters.rulebook import Rulebook
from bookings.adapters.sessions import SessionRepository
from bookings.application import ports
from bookings.copies.ports import Copies, SiteTrust
from bookings.copies.repository import CopyRepository
from bookings.copies.site_trust import CopiedSiteTrust
from bookings.learners.ports import Cohorts, Learners, Roster
from bookings.learners.repository import CohortRepository, LearnerRepository
from bookings.learners.roster import Keys, SealedRoster
from shared.bus.transaction import Transaction


class BookingsUnitOfWork:
    """What a handler works with."""

    def __init__(self, transaction: Transaction, rulebook: Rulebook, keys: Keys) -> None:
        self.now = transaction.now
        self.today = transaction.today
        self.rules: ports.Rules = rulebook
        self.roster: Roster = SealedRoster(transaction, keys)
        self.learners: Learners = LearnerRepository(transaction)
        self.candidates: ports.Candidates = CandidateRepository(transaction)
        self.cohorts: Cohorts = CohortRepository(transaction)
        self.sessions: ports.Sessions = SessionRepository(transaction)
        self.copies: Copies = CopyRepository(transaction)
        self.site_trust: SiteTrust = CopiedSiteTrust(transaction)
        self.bookings: ports.Bookings = BookingRepository(transaction)
