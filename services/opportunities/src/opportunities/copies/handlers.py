"""Copying facts of other services."""

from opportunities.copies.commands import CopyAssurance, CopyFramework, CopyPlacesTaken
from opportunities.copies.ports import CopiesUnitOfWork


async def copy_assurance(command: CopyAssurance, uow: CopiesUnitOfWork) -> None:
    await uow.copies.copy_assurance(command.assurance)


async def copy_places_taken(command: CopyPlacesTaken, uow: CopiesUnitOfWork) -> None:
    await uow.copies.copy_places_taken(command.session_id, command.taken, command.sequence)


async def copy_framework(command: CopyFramework, uow: CopiesUnitOfWork) -> None:
    await uow.copies.copy_framework(
        command.framework, command.version, command.objective_codes, command.sequence
    )
