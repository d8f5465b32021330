"""One transaction of `outcomes`: what each capability needs of it, in one class."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from outcomes.copies.domain import BookingRef
from outcomes.copies.ports import Assessments, BookedLearners, Copies
from outcomes.copies.repository import CopyRepository
from outcomes.evidence.ports import CriteriaRules, Evidence, LearnerAccounts, Presence
from outcomes.evidence.repository import EvidenceRepository
from outcomes.frameworks.ports import FrameworkPublisher, Frameworks
from outcomes.frameworks.publishing import FrameworkOutbox
from outcomes.frameworks.shipped import shipped_frameworks
from outcomes.ledger.deadlines import TransactionDeadlines
from outcomes.ledger.ports import (
    Accounts,
    AttendedDays,
    CountingRules,
    Counts,
    Enrolments,
    LedgerDeadlines,
)
from outcomes.ledger.repository.accounts import AccountRepository
from outcomes.ledger.repository.attended import AttendedDaysRepository
from outcomes.ledger.repository.enrolments import EnrolmentRepository
from outcomes.ledger.rule_packs import shipped_rules
from outcomes.progress.repository import CountRepository
from outcomes.registers.ports import RegisterLearners, Registers
from outcomes.registers.repository import RegisterRepository
from outcomes.totals.ports import Totals
from outcomes.totals.repository import TotalsRepository
from shared.bus.transaction import Transaction

_LOCK = text("select pg_advisory_xact_lock(hashtextextended(cast(:subject as text), 0))")
_LOCK_EACH = text(
    """
    select pg_advisory_xact_lock(hashtextextended(subject, 0))
    from unnest(cast(:subjects as text[])) as named (subject)
    """
)
_SHARE_EACH = text(
    """
    select pg_advisory_xact_lock_shared(hashtextextended(subject, 0))
    from unnest(cast(:subjects as text[])) as named (subject)
    """
)


class OutcomesUnitOfWork:
    """What the use cases work with.

    A port of a lower capability that a higher one implements is wired here, under a name of its own:
    `assessments`, `criteria`, `learner_accounts`, `register_learners`, `booked_learners` and `counts`.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db
        self.today = transaction.today
        self.now = transaction.now
        self.frameworks: Frameworks = shipped_frameworks()
        self.framework_publisher: FrameworkPublisher = FrameworkOutbox(transaction)
        self.copies: Copies = CopyRepository(transaction)
        registers = RegisterRepository(transaction)
        self.registers: Registers = registers
        self.presence: Presence = registers
        self.evidence: Evidence = EvidenceRepository(transaction)
        rules = shipped_rules()
        self.rules: CountingRules = rules
        self.criteria: CriteriaRules = rules
        enrolments = EnrolmentRepository(transaction)
        self.enrolments: Enrolments = enrolments
        self.register_learners: RegisterLearners = enrolments
        self.booked_learners: BookedLearners = enrolments
        self.learner_accounts: LearnerAccounts = enrolments
        deadlines = TransactionDeadlines(transaction)
        self.deadlines: LedgerDeadlines = deadlines
        self.assessments: Assessments = deadlines
        self.accounts: Accounts = AccountRepository(transaction)
        self.attended_days: AttendedDays = AttendedDaysRepository(transaction)
        self.counts: Counts = CountRepository(transaction, rules.on(self.today))
        self.totals: Totals = TotalsRepository(transaction)

    async def lock_institution(self, institution_id: UUID) -> None:
        await self.lock(institution_id)

    async def lock_bookings(self, bookings: Sequence[BookingRef]) -> None:
        # Always in this order, so that two transactions never wait for each other.
        opportunities = sorted({str(booking.opportunity_id) for booking in bookings})
        sessions = sorted({str(booking.session_id) for booking in bookings})
        institutions = sorted({str(booking.institution_id) for booking in bookings})
        await self._db.execute(_SHARE_EACH, {"subjects": opportunities + sessions})
        await self._db.execute(_LOCK_EACH, {"subjects": institutions})

    async def lock(self, subject_id: UUID) -> None:
        await self._db.execute(_LOCK, {"subject": str(subject_id)})
