"""Use cases of assurances: granting them and letting them lapse."""

from safeguarding.assurances.commands import GrantAssurance, LapseAssurance
from safeguarding.assurances.domain.checklists import ChecklistVersionSuperseded
from safeguarding.assurances.domain.passports import Assurance, SiteNotKnown
from safeguarding.assurances.domain.trust import GRANTED
from safeguarding.assurances.ports import AssurancesUnitOfWork


async def grant_assurance(command: GrantAssurance, uow: AssurancesUnitOfWork) -> Assurance:
    """Grant or renew, when the answers are complete and the provider is open and has the site."""
    if not await uow.providers.has_site(command.provider_id, command.site_id, open_only=True):
        raise SiteNotKnown(field="body.site_id")
    checklist = uow.checklists.on(uow.today, command.activity_band)
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
    await uow.passports.save_answers(assurance, passport.version, command.answers)
    return assurance


async def lapse_assurance(command: LapseAssurance, uow: AssurancesUnitOfWork) -> None:
    passport = await uow.passports.of(command.provider_id)
    passport.lapse(command.assurance_id, uow.today)
    await uow.passports.save(passport)
