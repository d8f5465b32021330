"""Places open with a session, and are offered again with its opportunity."""

from bookings.capacity.commands import RelistOpportunity, ScheduleSession
from bookings.capacity.ports import CapacityUnitOfWork


async def schedule_session(command: ScheduleSession, uow: CapacityUnitOfWork) -> None:
    if await uow.copies.copy_session(command.session, command.sequence):
        await uow.places.open(command.session)


async def relist_opportunity(command: RelistOpportunity, uow: CapacityUnitOfWork) -> None:
    if await uow.copies.copy_opportunity_state(command.opportunity_id, "listed", command.sequence):
        await uow.places.offer_to_waiting(of_opportunity=command.opportunity_id)
