"""Use cases: copy what other services have published."""

from safeguarding.copies.commands import (
    CopyOpportunity,
    CopyOrganisation,
    CopySession,
    CopySessionCancellation,
)
from safeguarding.copies.ports import CopiesUnitOfWork


async def copy_organisation(command: CopyOrganisation, uow: CopiesUnitOfWork) -> None:
    await uow.copies.copy_organisation(command)


async def copy_opportunity(command: CopyOpportunity, uow: CopiesUnitOfWork) -> None:
    await uow.copies.copy_opportunity(command)


async def copy_session(command: CopySession, uow: CopiesUnitOfWork) -> None:
    if await uow.copies.copy_session(command):
        await uow.reviews.of_session(command.session_id)


async def copy_session_cancellation(command: CopySessionCancellation, uow: CopiesUnitOfWork) -> None:
    if await uow.copies.copy_session_cancellation(command):
        await uow.reviews.of_session(command.session_id)
