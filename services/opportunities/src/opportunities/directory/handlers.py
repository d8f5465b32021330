"""What callers ask of the directory: load, decide, save."""

from opportunities.directory.commands import AddSite, AppointHub, RegisterOrganisation, ReviseOrganisation
from opportunities.directory.domain import Organisation
from opportunities.directory.ports import DirectoryUnitOfWork


async def register_organisation(command: RegisterOrganisation, uow: DirectoryUnitOfWork) -> Organisation:
    organisation = Organisation.register(
        command.organisation_id,
        command.kind,
        command.name,
        command.registered_by,
        uow.areas,
        area_code=command.area_code,
        institution_type=command.institution_type,
        reference=command.reference,
        site=command.site,
    )
    await uow.organisations.save(organisation)
    return organisation


async def appoint_hub(command: AppointHub, uow: DirectoryUnitOfWork) -> Organisation:
    """Runs at every start, so it is content with a hub that is there."""
    if hub := await uow.organisations.find(command.organisation_id):
        return hub
    hub = Organisation.appoint_hub(command.organisation_id, command.name, command.area_code)
    await uow.organisations.save(hub)
    return hub


async def add_site(command: AddSite, uow: DirectoryUnitOfWork) -> Organisation:
    organisation = await uow.organisations.get(command.organisation_id, command.acting_for)
    organisation.add_site(command.site, uow.areas)
    await uow.organisations.save(organisation)
    return organisation


async def revise_organisation(command: ReviseOrganisation, uow: DirectoryUnitOfWork) -> Organisation:
    organisation = await uow.organisations.get(command.organisation_id, command.acting_for)
    organisation.revise(
        command.expected_version,
        name=command.name,
        institution_type=command.institution_type,
        reference=command.reference,
        is_open=command.is_open,
    )
    await uow.organisations.save(organisation)
    return organisation
