"""Copies of what the national register says."""

from safeguarding.application.commands import (
    CopyOpportunity,
    CopyOrganisation,
    CopySession,
    CopySessionCancelled,
)
from safeguarding.application.ports import Work


async def copy_organisation(command: CopyOrganisation, work: Work) -> None:
    await work.register.copy_organisation(command)


async def copy_opportunity(command: CopyOpportunity, work: Work) -> None:
    await work.register.copy_opportunity(command)


async def copy_session(command: CopySession, work: Work) -> None:
    await work.register.copy_session(command)


async def cancel_session(command: CopySessionCancelled, work: Work) -> None:
    await work.register.cancel_session(command.session_id)
