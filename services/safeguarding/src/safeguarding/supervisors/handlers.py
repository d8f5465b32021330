"""Use cases of supervisors."""

from safeguarding.supervisors.commands import RecordSupervisor
from safeguarding.supervisors.ports import SupervisorsUnitOfWork


async def record_supervisor(command: RecordSupervisor, uow: SupervisorsUnitOfWork) -> RecordSupervisor:
    """Record what is known of an adult; clearances that rested on something else are decided again."""
    if command.check is not None:
        command.check.must_have_been_seen_by(uow.today)
    if command.no_check_needed is not None:
        command.no_check_needed.must_hold(uow.grounds.on(uow.today), uow.today)
    await uow.supervisors.save(command)
    await uow.reviews.of_supervisor(command.provider_id, command.supervisor_id)
    return command
