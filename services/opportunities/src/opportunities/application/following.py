"""What the register does about what others said."""

from datetime import UTC, datetime, time

from opportunities.application.commands import (
    BeginAssurance,
    FollowAssurance,
    LearnFramework,
    NotePlaces,
    RelistProvider,
)
from opportunities.application.ports import UnitOfWork
from opportunities.domain.assurances import Assurance, why_not_assured
from shared.kernel.clock import LONDON

ASSURANCE_BEGINS = "assurance-begins"


async def follow_assurance(command: FollowAssurance, uow: UnitOfWork) -> None:
    said = command.said
    await uow.heard.keep_assurance(said)
    if said.valid_from is not None and said.valid_from > uow.today:
        first_moment = datetime.combine(said.valid_from, time.min, LONDON).astimezone(UTC)
        await uow.wait_until(ASSURANCE_BEGINS, said.id, said.provider_id, first_moment)
    await _list_what_is_assured(said, uow)


async def begin_assurance(command: BeginAssurance, uow: UnitOfWork) -> None:
    if assurance := await uow.heard.assurance(command.assurance_id):
        await _list_what_is_assured(assurance, uow)


async def note_places(command: NotePlaces, uow: UnitOfWork) -> None:
    await uow.heard.keep_places(command.session_id, command.taken, command.sequence)


async def learn_framework(command: LearnFramework, uow: UnitOfWork) -> None:
    await uow.heard.keep_framework(
        command.framework, command.version, command.objective_codes, command.sequence
    )


async def relist_provider(command: RelistProvider, uow: UnitOfWork) -> None:
    await uow.organisations.relist(command.provider_id)


async def _list_what_is_assured(about: Assurance, uow: UnitOfWork) -> None:
    known = await uow.heard.assurances(about.provider_id, about.site_id, about.activity_band)
    not_assured = why_not_assured(known, uow.today)
    for opportunity in await uow.opportunities.listed_at(
        about.provider_id, about.site_id, about.activity_band
    ):
        if uow.rules.needs_assurance(opportunity.offer):
            opportunity.follow_assurance(not_assured)
            if opportunity.events:
                await uow.opportunities.save(opportunity)
