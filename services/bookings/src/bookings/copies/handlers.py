"""Facts are copied that move no booking by themselves."""

from bookings.copies.commands import CopyOpportunity, CopyOpportunityState, CopyOrganisation
from bookings.copies.ports import CopiesUnitOfWork


async def copy_organisation(command: CopyOrganisation, uow: CopiesUnitOfWork) -> None:
    await uow.copies.copy_organisation(command)


async def copy_opportunity(command: CopyOpportunity, uow: CopiesUnitOfWork) -> None:
    site = uow.site_trust_rules(uow.today).site_in_question(command.mode, command.site_id)
    await uow.copies.copy_opportunity(command, site)


async def copy_opportunity_state(command: CopyOpportunityState, uow: CopiesUnitOfWork) -> None:
    await uow.copies.copy_opportunity_state(command.opportunity_id, command.state, command.sequence)
