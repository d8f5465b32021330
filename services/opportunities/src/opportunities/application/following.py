"""What the register does about what others said."""

from datetime import UTC, datetime, time

from opportunities.application.commands import (
    BeginAssurance,
    FollowAssurance,
    LearnFramework,
    NotePlaces,
    RelistProvider,
)
from opportunities.application.ports import Work
from opportunities.domain.assurances import Assurance, why_not_assured
from shared.kernel.clock import LONDON

ASSURANCE_BEGINS = "assurance-begins"


async def follow_assurance(command: FollowAssurance, work: Work) -> None:
    said = command.said
    await work.heard.keep_assurance(said)
    if said.valid_from is not None and said.valid_from > work.today:
        first_moment = datetime.combine(said.valid_from, time.min, LONDON).astimezone(UTC)
        await work.wait_until(ASSURANCE_BEGINS, said.id, said.provider_id, first_moment)
    await _list_what_is_assured(said, work)


async def begin_assurance(command: BeginAssurance, work: Work) -> None:
    if assurance := await work.heard.assurance(command.assurance_id):
        await _list_what_is_assured(assurance, work)


async def note_places(command: NotePlaces, work: Work) -> None:
    await work.heard.keep_places(command.session_id, command.taken, command.sequence)


async def learn_framework(command: LearnFramework, work: Work) -> None:
    await work.heard.keep_framework(
        command.framework, command.version, command.objective_codes, command.sequence
    )


async def relist_provider(command: RelistProvider, work: Work) -> None:
    await work.organisations.relist(command.provider_id)


async def _list_what_is_assured(about: Assurance, work: Work) -> None:
    known = await work.heard.assurances(about.provider_id, about.site_id, about.activity_band)
    not_assured = why_not_assured(known, work.today)
    for opportunity in await work.opportunities.listed_at(
        about.provider_id, about.site_id, about.activity_band
    ):
        if work.rules.needs_assurance(opportunity.offer):
            opportunity.follow_assurance(not_assured)
            if opportunity.events:
                await work.opportunities.save(opportunity)
