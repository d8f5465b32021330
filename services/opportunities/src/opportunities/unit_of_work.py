"""One transaction of the register, with its repositories."""

from opportunities.adapters.reference import OfferRulebook
from opportunities.adapters.repositories import OpportunityRepository
from opportunities.application.ports import Opportunities
from opportunities.areas.domain import Areas
from opportunities.copies.ports import Copies
from opportunities.copies.repository import CopyRepository
from opportunities.directory.ports import Organisations
from opportunities.directory.repository import OrganisationRepository
from opportunities.domain.offers import OfferRules
from shared.bus.transaction import Transaction


class OpportunitiesUnitOfWork:
    """What a handler works with."""

    def __init__(self, transaction: Transaction, areas: Areas, rulebook: OfferRulebook) -> None:
        self._rulebook = rulebook
        self.now = transaction.now
        self.today = transaction.today
        self.areas = areas
        self.organisations: Organisations = OrganisationRepository(transaction)
        self.opportunities: Opportunities = OpportunityRepository(transaction, areas)
        self.copies: Copies = CopyRepository(transaction)

    @property
    def rules(self) -> OfferRules:
        return self._rulebook.on(self.today)
