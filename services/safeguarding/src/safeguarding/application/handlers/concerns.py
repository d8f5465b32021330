"""Raising, reading and resolving concerns; an immediate risk suspends the provider at once."""

from collections.abc import Sequence

from safeguarding.application import rules
from safeguarding.application.commands import (
    Access,
    ListConcerns,
    RaiseConcern,
    ReadConcern,
    ResolveConcern,
)
from safeguarding.application.ports import UnitOfWork
from safeguarding.assurances.domain.passports import SiteNotKnown, Suspension
from safeguarding.domain.concerns import CategoryNotKnown, Concern, ProviderNotKnown

RAISED = "concern-raised"


async def raise_concern(command: RaiseConcern, uow: UnitOfWork) -> Concern:
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
    if concern.holds:
        await _suspend(concern, uow)
    return concern


async def resolve_concern(command: ResolveConcern, uow: UnitOfWork) -> Concern:
    """Resolve it; what it alone held is reinstated, unless it is upheld."""
    concern = await uow.concerns.get(command.concern_id, command.organisations)
    concern.resolve(command.outcome, command.organisation_id, command.subject, uow.now)
    await uow.concerns.save(concern)
    if concern.immediate_risk and not concern.holds:
        await uow.act_also_for(concern.provider_id)
        passport = await uow.passports.of(concern.provider_id)
        passport.lift(concern.id)
        await uow.passports.save(passport)
    return concern


async def read_concern(command: ReadConcern, uow: UnitOfWork) -> Concern:
    concern = await uow.concerns.get(command.concern_id, command.organisations)
    await _log(command, "read", [concern], uow)
    return concern


async def list_concerns(command: ListConcerns, uow: UnitOfWork) -> Sequence[Concern]:
    found = await uow.concerns.page(command)
    await _log(command, "listed", found[: command.limit], uow)
    return found


async def _check(command: RaiseConcern, uow: UnitOfWork) -> None:
    """Raises `CategoryNotKnown`, `ProviderNotKnown`, `SiteNotKnown`; a closed provider is still known."""
    provider_id, site_id = command.provider_id, command.site_id
    if command.category not in rules.concern_categories(uow.today):
        raise CategoryNotKnown(field="body.category")
    if not await uow.providers.has_provider(provider_id):
        raise ProviderNotKnown(field="body.provider_id")
    if site_id and not await uow.providers.has_site(provider_id, site_id, open_only=False):
        raise SiteNotKnown(field="body.site_id")


async def _suspend(concern: Concern, uow: UnitOfWork) -> None:
    await uow.act_also_for(concern.provider_id)
    passport = await uow.passports.of(concern.provider_id)
    passport.suspend(Suspension(concern.id, concern.site_id), RAISED)
    await uow.passports.save(passport)


async def _log(
    reader: ReadConcern | ListConcerns, action: str, concerns: Sequence[Concern], uow: UnitOfWork
) -> None:
    accesses = [
        Access(concern.id, reader.organisation_id, reader.subject, action, uow.now) for concern in concerns
    ]
    await uow.concerns.log(accesses)
