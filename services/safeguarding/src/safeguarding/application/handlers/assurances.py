"""Granting assurances and letting them lapse."""

from datetime import datetime, time, timedelta

from safeguarding.application import rules
from safeguarding.application.commands import GrantAssurance, LapseAssurance
from safeguarding.application.ports import UnitOfWork
from safeguarding.domain.checklists import ChecklistVersionSuperseded
from safeguarding.domain.passports import GRANTED, Assurance, SiteNotKnown
from shared.kernel.clock import LONDON

EXPIRY = "assurance-expiry"


async def grant_assurance(command: GrantAssurance, uow: UnitOfWork) -> Assurance:
    """Grant or renew, when the answers are complete and the site is on the register."""
    if not await uow.providers.has_site(command.provider_id, command.site_id, open_only=True):
        raise SiteNotKnown(field="body.site_id")
    checklist = rules.checklist_on(uow.today, command.activity_band)
    if command.checklist_version != checklist.version:
        raise ChecklistVersionSuperseded(field="body.checklist_version", version=checklist.version)
    valid_until = checklist.assess(command.answers, uow.today)
    passport = await uow.passports.of(command.provider_id)
    assurance = passport.grant(
        Assurance(
            command.assurance_id,
            command.provider_id,
            command.site_id,
            command.activity_band,
            checklist.version,
            GRANTED,
            uow.today,
            valid_until,
        )
    )
    await uow.passports.save(passport)
    await uow.passports.keep_answers(assurance, passport.version, command.answers)
    over = datetime.combine(valid_until + timedelta(days=1), time(), LONDON)
    await uow.wait_until(EXPIRY, assurance.id, assurance.provider_id, over)
    return assurance


async def lapse_assurance(command: LapseAssurance, uow: UnitOfWork) -> None:
    passport = await uow.passports.of(command.provider_id)
    passport.lapse(command.assurance_id, uow.today)
    await uow.passports.save(passport)
