"""One transaction of `outcomes`, with its repositories."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from outcomes.adapters.accounts import AccountRepository
from outcomes.adapters.attended import AttendedDaysRepository
from outcomes.adapters.deadlines import TransactionDeadlines
from outcomes.adapters.rulebook import shipped_rules
from outcomes.application.ports import Accounts, AttendedDays, LedgerDeadlines, Rulebook
from outcomes.copies.domain import BookingRef
from outcomes.copies.ports import Assessments, Copies
from outcomes.copies.repository import CopyRepository
from outcomes.evidence.ports import CriteriaRules, Evidence, LearnerAccounts, Presence
from outcomes.evidence.repository import EvidenceRepository
from outcomes.frameworks.ports import FrameworkPublisher, Frameworks
from outcomes.frameworks.publishing import FrameworkOutbox
from outcomes.frameworks.shipped import shipped_frameworks
from outcomes.registers.ports import RegisterLearners, Registers
from outcomes.registers.repository import RegisterRepository
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
    """What a handler works with."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.now = transaction.now
        self.today = transaction.today
        rules = shipped_rules()
        self.rules: Rulebook = rules
        self.criteria: CriteriaRules = rules
        self.frameworks: Frameworks = shipped_frameworks()
        self.framework_publisher: FrameworkPublisher = FrameworkOutbox(transaction)
        self.copies: Copies = CopyRepository(transaction)
        deadlines = TransactionDeadlines(transaction)
        self.assessments: Assessments = deadlines
        self.deadlines: LedgerDeadlines = deadlines
        registers = RegisterRepository(transaction)
        self.registers: Registers = registers
        self.presence: Presence = registers
        self.evidence: Evidence = EvidenceRepository(transaction)
        self.attended_days: AttendedDays = AttendedDaysRepository(transaction)
        accounts = AccountRepository(transaction, rules.on(self.today))
        self.accounts: Accounts = accounts
        self.register_learners: RegisterLearners = accounts
        self.learner_accounts: LearnerAccounts = accounts

    async def lock_institution(self, institution_id: UUID) -> None:
        await self.lock(institution_id)

    async def lock_bookings(self, bookings: Sequence[BookingRef]) -> None:
        # Always in this order, so that two transactions never wait for each other.
        opportunities = sorted({str(booking.opportunity_id) for booking in bookings})
        sessions = sorted({str(booking.session_id) for booking in bookings})
        institutions = sorted({str(booking.institution_id) for booking in bookings})
        await self._transaction.db.execute(_SHARE_EACH, {"subjects": opportunities + sessions})
        await self._transaction.db.execute(_LOCK_EACH, {"subjects": institutions})

    async def lock(self, subject_id: UUID) -> None:
        await self._transaction.db.execute(_LOCK, {"subject": str(subject_id)})
