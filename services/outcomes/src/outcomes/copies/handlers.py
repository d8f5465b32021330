"""The use cases of the copies: save the newer fact, and have the days it matters to assessed anew."""

from dataclasses import replace

from outcomes.copies.commands import CopyBooking, CopyOpportunity, CopySession
from outcomes.copies.ports import CopiesUnitOfWork


async def copy_opportunity(command: CopyOpportunity, uow: CopiesUnitOfWork) -> None:
    await uow.lock(command.opportunity_id)
    await uow.assessments.assess_soon(await uow.copies.copy_opportunity(command))


async def copy_session(command: CopySession, uow: CopiesUnitOfWork) -> None:
    await uow.lock(command.session_id)
    await uow.assessments.assess_soon(await uow.copies.copy_session(command))


async def copy_booking(command: CopyBooking, uow: CopiesUnitOfWork) -> bool:
    institution = command.booking.institution_id
    await uow.lock_institution(institution)
    if command.learner_ids is not None:
        known = await uow.booked_learners.booked(institution, command.learner_ids)
        command = replace(command, learner_ids=tuple(each for each in command.learner_ids if each in known))
    return await uow.copies.copy_booking(command)
