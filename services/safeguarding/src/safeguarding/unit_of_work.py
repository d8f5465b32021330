"""One transaction of safeguarding, with its repositories."""

from uuid import UUID

from sqlalchemy import text

from safeguarding.adapters.concerns import ConcernRepository
from safeguarding.application.ports import Concerns
from safeguarding.assurances.ports import Checklists, Passports
from safeguarding.assurances.repository import PassportRepository
from safeguarding.clearances.cases import CaseReader
from safeguarding.clearances.ports import Cases, ClearanceRuleVersions, Clearances
from safeguarding.clearances.repository import ClearanceRepository
from safeguarding.copies.ports import Copies, KnownProviders
from safeguarding.copies.repository import CopyRepository, ProviderRepository
from safeguarding.supervisors.ports import Supervisors
from safeguarding.supervisors.repository import SupervisorRepository
from shared.bus.transaction import Transaction

_ACT_ALSO_FOR = text(
    """
    select set_config('app.tenants',
      concat_ws(',', nullif(current_setting('app.tenants', true), ''), cast(:provider_id as text)), true)
    """
)


class SafeguardingUnitOfWork:
    """What a handler works with."""

    def __init__(
        self, transaction: Transaction, checklists: Checklists, clearance_rules: ClearanceRuleVersions
    ) -> None:
        self._transaction = transaction
        self.now = transaction.now
        self.today = transaction.today
        self.copies: Copies = CopyRepository(transaction)
        self.providers: KnownProviders = ProviderRepository(transaction)
        self.checklists = checklists
        self.passports: Passports = PassportRepository(transaction)
        self.supervisors: Supervisors = SupervisorRepository(transaction)
        self.clearance_rules = clearance_rules
        self.cases: Cases = CaseReader(transaction, clearance_rules)
        self.clearances: Clearances = ClearanceRepository(transaction)
        self.concerns: Concerns = ConcernRepository(transaction)

    async def act_also_for(self, provider_id: UUID) -> None:
        # A school's concern suspends another tenant's passport: named here, for one provider, once.
        await self._transaction.db.execute(_ACT_ALSO_FOR, {"provider_id": str(provider_id)})
