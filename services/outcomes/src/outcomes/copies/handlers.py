"""The use cases of the copies: save the newer fact, and have the days it matters to assessed anew."""

from outcomes.copies.commands import CopyBooking, CopyOpportunity, CopySession
from outcomes.copies.ports import CopiesUnitOfWork


async def copy_opportunity(command: CopyOpportunity, uow: CopiesUnitOfWork) -> None:
    await uow.lock(command.opportunity_id)
    await uow.assessments.assess_soon(await uow.copies.copy_opportunity(command))


async def copy_session(command: CopySession, uow: CopiesUnitOfWork) -> None:
    await uow.lock(command.session_id)
    await uow.assessments.assess_soon(await uow.copies.copy_session(command))


async def copy_booking(command: CopyBooking, uow: CopiesUnitOfWork) -> bool:
    await uow.lock_institution(command.booking.institution_id)
    return await uow.copies.copy_booking(command)
