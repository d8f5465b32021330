"""One transaction of the register, with its repositories."""

from datetime import datetime
from uuid import UUID

from opportunities.adapters.heard import HeardFacts
from opportunities.adapters.reference import OfferRulebook
from opportunities.adapters.repositories import OpportunityRepository, OrganisationRepository
from opportunities.application.ports import Heard, Opportunities, Organisations
from opportunities.areas.domain import Areas
from opportunities.domain.offers import OfferRules
from shared.bus.transaction import Transaction


class OpportunitiesUnitOfWork:
    """What a handler works with."""

    def __init__(self, transaction: Transaction, areas: Areas, rulebook: OfferRulebook) -> None:
        self._transaction = transaction
        self._rulebook = rulebook
        self.now = transaction.now
        self.today = transaction.today
        self.areas = areas
        self.organisations: Organisations = OrganisationRepository(transaction)
        self.opportunities: Opportunities = OpportunityRepository(transaction, areas)
        self.heard: Heard = HeardFacts(transaction)

    @property
    def rules(self) -> OfferRules:
        return self._rulebook.on(self.today)

    async def wait_until(self, name: str, subject_id: UUID, tenant_id: UUID, due_at: datetime) -> None:
        await self._transaction.wait_until(name, subject_id, tenant_id, due_at)
