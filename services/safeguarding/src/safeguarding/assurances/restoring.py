"""Trust that others heard of and a restored database may not know: what cannot be shown is not trusted."""

from typing import Any
from uuid import UUID

from safeguarding.assurances.repository import PassportRepository
from shared.bus.outbox import version_of
from shared.bus.transaction import Transaction
from shared.contracts import safeguarding as contracts
from shared.contracts.envelope import Event
from shared.messaging.policy import for_tenants
from shared.messaging.restoring import OwnEvent


async def lapse_unless_known(event: Event[contracts.AssuranceGranted], transaction: Transaction) -> None:
    """An assurance whose answers are gone is told to have lapsed: the provider answers again."""
    said = event.data
    passport = await PassportRepository(transaction).of(said.provider_id)
    if said.assurance_id in passport.assurances:
        return
    ids = {name: getattr(said, name) for name in contracts.AssuranceSaid.model_fields}
    lapsed = contracts.AssuranceLapsed(**ids, lapsed_on=transaction.today)
    transaction.publish(lapsed, sequence=event.sequence)
    await transaction.note_lost(said, said.assurance_id)


async def distrust_again(event: Event[contracts.AssuranceSuspended], transaction: Transaction) -> None:
    """A site whose suspension was lost, and the concern with it, is not trusted again by the restore."""
    said = event.data
    passports = PassportRepository(transaction)
    passport = await passports.of(said.provider_id)
    if said.assurance_id in passport.assurances and version_of(event.sequence) > passport.version:
        passport.distrust(said.assurance_id)
        await passports.save(passport)


def _tenants(said: Any) -> frozenset[UUID]:
    return for_tenants(said.provider_id)


OWN_EVENTS = [
    OwnEvent(contracts.AssuranceGranted, lapse_unless_known, _tenants),
    OwnEvent(contracts.AssuranceSuspended, distrust_again, _tenants),
]
