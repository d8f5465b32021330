"""What the directory publishes: each change of an organisation as a contract."""

from collections.abc import Sequence
from functools import singledispatch

from opportunities.directory.domain import OrganisationRecorded
from shared.bus.transaction import Transaction
from shared.contracts import opportunities as contracts
from shared.contracts.contract import Contract


def publish(transaction: Transaction, changes: Sequence[tuple[int, object]]) -> None:
    """Publish what happened to an organisation, each change with the version after it."""
    for sequence, event in changes:
        transaction.publish(contract_of(event), sequence=sequence)


@singledispatch
def contract_of(event: object) -> Contract:
    """The contract a domain event is published under."""
    raise TypeError(f"{type(event).__name__} has no contract")


@contract_of.register
def _(event: OrganisationRecorded) -> Contract:
    # Names and addresses stay in this service.
    return contracts.OrganisationRecorded.model_validate(
        {
            "organisation_id": event.organisation_id,
            "kind": event.kind,
            "institution_type": event.institution_type,
            "area_code": event.area_code,
            "open": event.open,
            "sites": [
                {"site_id": site.id, "local_authority_code": site.place.local_authority_code}
                for site in event.sites
            ],
        }
    )
