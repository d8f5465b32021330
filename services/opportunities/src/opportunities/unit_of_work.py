"""One transaction of the service, with its repositories."""

from opportunities.areas.domain import Areas
from opportunities.copies.ports import Copies
from opportunities.copies.repository import CopyRepository
from opportunities.directory.ports import Organisations
from opportunities.directory.repository import OrganisationRepository
from opportunities.offers.domain.offer import OfferRules
from opportunities.offers.ports import Opportunities
from opportunities.offers.repository import OpportunityRepository
from opportunities.offers.rule_packs import OfferRulePacks
from shared.bus.transaction import Transaction


class OpportunitiesUnitOfWork:
    """What handlers work with; each sees of it what its capability's `ports.py` names."""

    def __init__(self, transaction: Transaction, areas: Areas, rule_packs: OfferRulePacks) -> None:
        self._rule_packs = rule_packs
        self.now = transaction.now
        self.today = transaction.today
        self.areas = areas
        self.organisations: Organisations = OrganisationRepository(transaction)
        self.opportunities: Opportunities = OpportunityRepository(transaction, areas)
        self.copies: Copies = CopyRepository(transaction)

    @property
    def rules(self) -> OfferRules:
        return self._rule_packs.on(self.today)
