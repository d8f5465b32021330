"""What callers ask of the register: load, decide, save."""

from uuid import UUID

from opportunities.application.commands import (
    AddSession,
    ApplyAssurance,
    BeginAssurance,
    CancelSession,
    CopyProviderName,
    DraftOpportunity,
    PublishOpportunity,
    ReviseOpportunity,
    WithdrawOpportunity,
)
from opportunities.application.ports import UnitOfWork
from opportunities.copies.commands import CopyAssurance
from opportunities.copies.domain import Assurance, why_not_assured
from opportunities.copies.handlers import copy_assurance
from opportunities.domain.offers import Offer
from opportunities.domain.opportunities import Opportunity, Publishing
from opportunities.domain.sessions import Session
from shared.kernel import Invalid


class NotAProvider(Invalid):
    """Only an open provider or delivery provider on the register offers opportunities."""

    slug = "not-a-provider"
    title = "The organisation is not an open provider on the register"


class SiteUnknown(Invalid):
    """An opportunity takes place at one of its provider's own sites."""

    slug = "site-unknown"
    title = "The provider has no such site"


async def draft_opportunity(command: DraftOpportunity, uow: UnitOfWork) -> Opportunity:
    await _check_provider(command.provider_id, command.offer, uow)
    opportunity = Opportunity.draft(command.opportunity_id, command.provider_id, command.offer, uow.rules)
    await uow.opportunities.save(opportunity)
    return opportunity


async def revise_opportunity(command: ReviseOpportunity, uow: UnitOfWork) -> Opportunity:
    opportunity = await uow.opportunities.get(command.opportunity_id, command.acting_for)
    await _check_provider(opportunity.provider_id, command.offer, uow)
    opportunity.revise(command.expected_version, command.offer, uow.rules)
    await uow.opportunities.save(opportunity)
    return opportunity


async def add_session(command: AddSession, uow: UnitOfWork) -> tuple[Opportunity, Session]:
    opportunity = await uow.opportunities.get(command.opportunity_id, command.acting_for)
    planned = Session.plan(
        command.session_id, command.places, command.days, command.supervisor_ids, uow.today
    )
    session = opportunity.add_session(planned)
    await uow.opportunities.save(opportunity)
    return opportunity, session


async def publish_opportunity(command: PublishOpportunity, uow: UnitOfWork) -> Opportunity:
    opportunity = await uow.opportunities.get(command.opportunity_id, command.acting_for)
    await _check_provider(opportunity.provider_id, opportunity.offer, uow)
    basis = Publishing(
        uow.now,
        uow.today,
        uow.rules,
        await uow.copies.objective_codes(),
        await _why_not_assured(opportunity, uow),
    )
    opportunity.publish(basis)
    await uow.opportunities.save(opportunity)
    return opportunity


async def withdraw_opportunity(command: WithdrawOpportunity, uow: UnitOfWork) -> Opportunity:
    opportunity = await uow.opportunities.get(command.opportunity_id, command.acting_for)
    opportunity.withdraw(command.reason_code)
    await uow.opportunities.save(opportunity)
    return opportunity


async def cancel_session(command: CancelSession, uow: UnitOfWork) -> tuple[Opportunity, Session]:
    opportunity = await uow.opportunities.with_session(command.session_id, command.acting_for)
    session = opportunity.cancel_session(command.session_id, command.reason_code)
    await uow.opportunities.save(opportunity)
    return opportunity, session


async def apply_assurance(command: ApplyAssurance, uow: UnitOfWork) -> None:
    await copy_assurance(CopyAssurance(command.assurance), uow)
    await _list_what_is_assured(command.assurance, uow)


async def begin_assurance(command: BeginAssurance, uow: UnitOfWork) -> None:
    if assurance := await uow.copies.assurance(command.assurance_id):
        await _list_what_is_assured(assurance, uow)


async def copy_provider_name(command: CopyProviderName, uow: UnitOfWork) -> None:
    await uow.opportunities.copy_provider_name(command.provider_id)


async def _check_provider(provider_id: UUID, offer: Offer, uow: UnitOfWork) -> None:
    provider = await uow.organisations.find(provider_id)
    if provider is None or not provider.may_offer:
        raise NotAProvider(field="body.provider_id")
    if offer.site_id is not None and offer.site_id not in {site.id for site in provider.sites}:
        raise SiteUnknown(field="body.site_id")


async def _why_not_assured(opportunity: Opportunity, uow: UnitOfWork) -> str | None:
    offer = opportunity.offer
    if offer.site_id is None:
        return "assurance-missing"
    known = await uow.copies.assurances(opportunity.provider_id, offer.site_id, offer.activity_band)
    return why_not_assured(known, uow.today)


async def _list_what_is_assured(changed: Assurance, uow: UnitOfWork) -> None:
    where = (changed.provider_id, changed.site_id, changed.activity_band)
    not_assured = why_not_assured(await uow.copies.assurances(*where), uow.today)
    for opportunity in await uow.opportunities.listed_at(*where):
        if uow.rules.needs_assurance(opportunity.offer):
            opportunity.apply_assurance(not_assured)
            if opportunity.events:
                await uow.opportunities.save(opportunity)
