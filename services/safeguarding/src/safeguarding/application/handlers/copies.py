"""Copies of what the national register says."""

from safeguarding.application.commands import (
    CopyOpportunity,
    CopyOrganisation,
    CopySession,
    CopySessionCancelled,
)
from safeguarding.application.ports import UnitOfWork


async def copy_organisation(command: CopyOrganisation, uow: UnitOfWork) -> None:
    await uow.register.copy_organisation(command)


async def copy_opportunity(command: CopyOpportunity, uow: UnitOfWork) -> None:
    await uow.register.copy_opportunity(command)


async def copy_session(command: CopySession, uow: UnitOfWork) -> None:
    await uow.register.copy_session(command)


async def cancel_session(command: CopySessionCancelled, uow: UnitOfWork) -> None:
    await uow.register.cancel_session(command.session_id)
