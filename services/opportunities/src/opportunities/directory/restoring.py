"""Organisations that others heard of and a restored database may not know."""

from opportunities.directory.repository import OrganisationRepository
from shared.bus.transaction import Transaction
from shared.contracts.envelope import Event
from shared.contracts.opportunities import OrganisationRecorded
from shared.messaging.policy import for_tenants
from shared.messaging.restoring import OwnEvent


async def close_unless_known(event: Event[OrganisationRecorded], transaction: Transaction) -> None:
    """An organisation that is not on the register is closed: whoever registered it does so again.

    One that others heard was closed does not open again by a restore.
    """
    said, organisations = event.data, OrganisationRepository(transaction)
    found = await organisations.find(said.organisation_id)
    if found is None:
        transaction.publish(said.model_copy(update={"open": False}), sequence=event.sequence)
        await transaction.note_lost(said, said.organisation_id)
    elif not said.open:
        found.close()
        await organisations.save(found)


OWN_EVENTS = [
    OwnEvent(OrganisationRecorded, close_unless_known, lambda said: for_tenants(said.organisation_id)),
]
