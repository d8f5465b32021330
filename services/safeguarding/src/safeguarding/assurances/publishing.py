"""Domain events of assurances to the contracts they are published under."""

from collections.abc import Iterable
from functools import singledispatch

from safeguarding.assurances.domain.checklists import RULE_PACK
from safeguarding.assurances.domain.passports import (
    Assurance,
    AssuranceHasLapsed,
    AssuranceWasGranted,
    AssuranceWasReinstated,
    AssuranceWasSuspended,
    ProviderWasReinstated,
    ProviderWasSuspended,
)
from shared.bus.transaction import Transaction
from shared.contracts import safeguarding as contracts
from shared.contracts.contract import Contract
from shared.contracts.vocabulary import Decision


def publish(transaction: Transaction, events: Iterable[tuple[int, object]]) -> None:
    """Publish each event with its number."""
    for sequence, event in events:
        transaction.publish(contract_of(event), sequence=sequence)


@singledispatch
def contract_of(event: object) -> Contract:
    """The contract a domain event is published under."""
    raise TypeError(f"{type(event).__name__} has no contract")


@contract_of.register
def _(event: AssuranceWasGranted) -> Contract:
    assurance = event.assurance
    decision = Decision(
        rule_pack=RULE_PACK,
        version=assurance.checklist_version,
        reason_codes=["checklist-complete"],
    )
    return contracts.AssuranceGranted.model_validate(_named(assurance) | {"decision": decision})


@contract_of.register
def _(event: AssuranceWasSuspended) -> Contract:
    return contracts.AssuranceSuspended.model_validate(
        _named(event.assurance) | {"reason_code": event.reason_code}
    )


@contract_of.register
def _(event: AssuranceWasReinstated) -> Contract:
    return contracts.AssuranceReinstated.model_validate(_named(event.assurance))


@contract_of.register
def _(event: AssuranceHasLapsed) -> Contract:
    return contracts.AssuranceLapsed.model_validate(
        _named(event.assurance) | {"lapsed_on": event.assurance.valid_until}
    )


@contract_of.register
def _(event: ProviderWasSuspended) -> Contract:
    return contracts.ProviderSuspended(
        provider_id=event.provider_id, site_id=event.site_id, reason_code=event.reason_code
    )


@contract_of.register
def _(event: ProviderWasReinstated) -> Contract:
    return contracts.ProviderReinstated(provider_id=event.provider_id, site_id=event.site_id)


def _named(assurance: Assurance) -> dict[str, object]:
    return {
        "assurance_id": assurance.id,
        "provider_id": assurance.provider_id,
        "site_id": assurance.site_id,
        "activity_band": assurance.activity_band,
        "valid_from": assurance.valid_from,
        "valid_until": assurance.valid_until,
    }
