"""One transaction of safeguarding, with its repositories and its rules."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from safeguarding.assurances.ports import Checklists, Passports
from safeguarding.assurances.repository import PassportRepository
from safeguarding.clearances.adults import AdultDecisionRepository
from safeguarding.clearances.cases import CaseReader
from safeguarding.clearances.ports import AdultDecisions, Cases, ClearanceRuleVersions, Clearances
from safeguarding.clearances.repository import ClearanceRepository
from safeguarding.clearances.reviews import ReviewRepository
from safeguarding.concerns.ports import AccessLog, ConcernCategories, Concerns
from safeguarding.concerns.repository import AccessLogRepository, ConcernRepository
from safeguarding.copies.ports import Copies, KnownProviders, Reviews
from safeguarding.copies.repository import CopyRepository, ProviderRepository
from safeguarding.supervisors.ports import Grounds, Supervisors
from safeguarding.supervisors.repository import SupervisorRepository
from shared.bus.transaction import Transaction

_ACT_ALSO_FOR = text(
    """
    select set_config('app.tenants',
      concat_ws(',', nullif(current_setting('app.tenants', true), ''), cast(:provider_id as text)), true)
    """
)


@dataclass(frozen=True, slots=True)
class Rules:
    """The dated rules of every capability, read once at start."""

    checklists: Checklists
    clearance_rules: ClearanceRuleVersions
    categories: ConcernCategories
    grounds: Grounds


class SafeguardingUnitOfWork:
    """What handlers work with; each asks for the part it needs by a protocol of its capability."""

    def __init__(self, transaction: Transaction, rules: Rules) -> None:
        self._transaction = transaction
        self.now = transaction.now
        self.today = transaction.today
        self.copies: Copies = CopyRepository(transaction)
        self.providers: KnownProviders = ProviderRepository(transaction)
        self.supervisors: Supervisors = SupervisorRepository(transaction)
        self.grounds = rules.grounds
        self.checklists = rules.checklists
        self.passports: Passports = PassportRepository(transaction)
        self.clearance_rules = rules.clearance_rules
        self.cases: Cases = CaseReader(transaction, rules.clearance_rules)
        self.clearances: Clearances = ClearanceRepository(transaction)
        self.adult_decisions: AdultDecisions = AdultDecisionRepository(transaction)
        self.reviews: Reviews = ReviewRepository(transaction)
        self.categories = rules.categories
        self.concerns: Concerns = ConcernRepository(transaction)
        self.access_log: AccessLog = AccessLogRepository(transaction)

    async def act_also_for(self, provider_id: UUID) -> None:
        # A school's concern suspends another tenant's passport: named here, for one provider, once.
        await self._transaction.db.execute(_ACT_ALSO_FOR, {"provider_id": str(provider_id)})
