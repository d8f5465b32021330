"""One transaction of the register, with its repositories."""

from opportunities.adapters.repositories import OrganisationRepository
from opportunities.application.ports import Organisations
from shared.persistence.transaction import Transaction


class RegisterWork:
    """What a handler works with."""

    def __init__(self, transaction: Transaction) -> None:
        self.now = transaction.now
        self.today = transaction.today
        self.organisations: Organisations = OrganisationRepository(transaction)
