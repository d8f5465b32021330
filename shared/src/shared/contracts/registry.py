"""Every contract that is published: this module imports all that declare any."""

from shared.contracts import bookings, integrations, opportunities, outcomes, safeguarding
from shared.contracts.contract import Contract, declared

DECLARED_IN = (opportunities, bookings, safeguarding, outcomes, integrations)


def published() -> dict[str, type[Contract]]:
    """Every contract by its type, in order of its name."""
    return declared()
