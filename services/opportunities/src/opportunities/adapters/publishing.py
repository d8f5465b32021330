"""Domain event to contract: what the register tells others."""

from functools import singledispatch

from opportunities.domain.organisations import OrganisationRecorded
from shared.contracts import opportunities as contracts
from shared.contracts.contract import Contract
from shared.contracts.vocabulary import Site


@singledispatch
def contract_of(event: object) -> Contract:
    """The contract a domain event is published under."""
    raise TypeError(f"{type(event).__name__} has no contract")


@contract_of.register
def _(event: OrganisationRecorded) -> Contract:
    organisation = event.organisation
    return contracts.OrganisationRecorded.model_validate(
        {
            "organisation_id": organisation.id,
            "kind": organisation.kind,
            "institution_type": organisation.institution_type,
            "area_code": organisation.area_code,
            "open": organisation.open,
            "sites": [
                Site(site_id=site.id, local_authority_code=site.local_authority_code)
                for site in organisation.sites
            ],
        }
    )
