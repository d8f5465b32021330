"""Events of `opportunities` that open places or offer them again."""

from bookings.capacity import handlers
from bookings.capacity.commands import RelistOpportunity, ScheduleSession
from bookings.capacity.ports import CapacityUnitOfWork
from bookings.copies.domain import ScheduledSession, SessionDay
from shared.contracts.envelope import Event
from shared.contracts.opportunities import OpportunityReinstated, SessionScheduled
from shared.messaging.policy import Instruction


def when_session_scheduled_open_places(event: Event[SessionScheduled]) -> Instruction[CapacityUnitOfWork]:
    data = event.data
    days = tuple(SessionDay(day.on, day.starts, day.ends, day.overnight) for day in data.days)
    session = ScheduledSession(data.session_id, data.opportunity_id, data.provider_id, data.places, days)
    return Instruction(handlers.schedule_session, ScheduleSession(session, event.sequence))


def when_opportunity_reinstated_offer_places(
    event: Event[OpportunityReinstated],
) -> Instruction[CapacityUnitOfWork]:
    command = RelistOpportunity(event.data.opportunity_id, event.sequence)
    return Instruction(handlers.relist_opportunity, command)
