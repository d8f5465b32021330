"""The use cases: load, decide, save."""

from opportunities.application.commands import RegisterOrganisation
from opportunities.application.ports import Work
from opportunities.domain.organisations import Organisation


async def register_organisation(command: RegisterOrganisation, work: Work) -> Organisation:
    organisation = Organisation.register(
        command.organisation_id,
        command.kind,
        command.name,
        command.registered_by,
        area_code=command.area_code,
        institution_type=command.institution_type,
        reference=command.reference,
    )
    await work.organisations.save(organisation)
    return organisation
