"""Use cases of concerns: an immediate risk suspends the provider at once; every reading is logged."""

from collections.abc import Sequence

from safeguarding.assurances.domain.passports import SiteNotKnown, Suspension
from safeguarding.concerns.commands import ListConcerns, RaiseConcern, ReadConcern, ResolveConcern
from safeguarding.concerns.domain import Access, CategoryNotKnown, Concern, ProviderNotKnown
from safeguarding.concerns.ports import ConcernsUnitOfWork


async def raise_concern(command: RaiseConcern, uow: ConcernsUnitOfWork) -> Concern:
    """Raise it; an immediate risk suspends what it covers in the same transaction."""
    await _check(command, uow)
    concern = Concern.raised(
        command.concern_id,
        command.provider_id,
        command.site_id,
        command.category,
        command.description,
        command.organisation_id,
        command.subject,
        await uow.providers.hub_of(command.provider_id) or command.organisation_id,
        uow.now,
        immediate_risk=command.immediate_risk,
    )
    await uow.concerns.save(concern)
    if concern.suspends:
        await _suspend(concern, uow)
    return concern


async def resolve_concern(command: ResolveConcern, uow: ConcernsUnitOfWork) -> Concern:
    """Resolve it; what it alone kept suspended is reinstated, unless it is upheld."""
    concern = await uow.concerns.get(command.concern_id, command.organisations)
    concern.resolve(command.outcome, command.organisation_id, command.subject, uow.now)
    await uow.concerns.save(concern)
    if concern.immediate_risk and not concern.suspends:
        await uow.act_also_for(concern.provider_id)
        passport = await uow.passports.of(concern.provider_id)
        passport.lift(concern.id)
        await uow.passports.save(passport)
    return concern


async def read_concern(command: ReadConcern, uow: ConcernsUnitOfWork) -> Concern:
    """Read it; the entry in the access log commits before anything is shown."""
    concern = await uow.concerns.get(command.concern_id, command.organisations)
    await _log_access(command, "read", [concern], uow)
    return concern


async def list_concerns(command: ListConcerns, uow: ConcernsUnitOfWork) -> Sequence[Concern]:
    """List them; the entries in the access log commit before anything is shown."""
    found = await uow.concerns.page(command)
    await _log_access(command, "listed", found[: command.limit], uow)
    return found


async def _check(command: RaiseConcern, uow: ConcernsUnitOfWork) -> None:
    """Raises `CategoryNotKnown`, `ProviderNotKnown`, `SiteNotKnown`; a closed provider is still known."""
    provider_id, site_id = command.provider_id, command.site_id
    if command.category not in uow.categories.on(uow.today):
        raise CategoryNotKnown(field="body.category")
    if not await uow.providers.has_provider(provider_id):
        raise ProviderNotKnown(field="body.provider_id")
    if site_id and not await uow.providers.has_site(provider_id, site_id, open_only=False):
        raise SiteNotKnown(field="body.site_id")


async def _suspend(concern: Concern, uow: ConcernsUnitOfWork) -> None:
    await uow.act_also_for(concern.provider_id)
    passport = await uow.passports.of(concern.provider_id)
    passport.suspend(Suspension(concern.id, concern.site_id))
    await uow.passports.save(passport)


async def _log_access(
    reader: ReadConcern | ListConcerns, action: str, concerns: Sequence[Concern], uow: ConcernsUnitOfWork
) -> None:
    accesses = [
        Access(concern.id, reader.organisation_id, reader.subject, action, uow.now) for concern in concerns
    ]
    await uow.access_log.add(accesses)
