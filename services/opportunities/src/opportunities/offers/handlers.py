"""Opportunities and sessions: load, decide, save."""

from opportunities.copies.commands import CopyAssurance
from opportunities.copies.domain import Assurance, why_not_assured
from opportunities.copies.handlers import copy_assurance
from opportunities.offers.commands import (
    AddSession,
    ApplyAssurance,
    ApplyStanding,
    BeginAssurance,
    CancelSession,
    CopyProviderName,
    DraftOpportunity,
    PublishOpportunity,
    ReviseOpportunity,
    WithdrawOpportunity,
)
from opportunities.offers.domain.offer import check_provider
from opportunities.offers.domain.opportunity import Opportunity, ProviderSuspended, Publishing
from opportunities.offers.domain.session import Session
from opportunities.offers.ports import OffersUnitOfWork


async def draft_opportunity(command: DraftOpportunity, uow: OffersUnitOfWork) -> Opportunity:
    check_provider(await uow.organisations.find(command.provider_id), command.offer)
    opportunity = Opportunity.draft(command.opportunity_id, command.provider_id, command.offer, uow.rules)
    await uow.opportunities.save(opportunity)
    return opportunity


async def revise_opportunity(command: ReviseOpportunity, uow: OffersUnitOfWork) -> Opportunity:
    opportunity = await uow.opportunities.get(command.opportunity_id, command.acting_for)
    check_provider(await uow.organisations.find(opportunity.provider_id), command.offer)
    opportunity.revise(command.expected_version, command.offer, uow.rules)
    await uow.opportunities.save(opportunity)
    return opportunity


async def add_session(command: AddSession, uow: OffersUnitOfWork) -> tuple[Opportunity, Session]:
    opportunity = await uow.opportunities.get(command.opportunity_id, command.acting_for)
    planned = Session.plan(
        command.session_id, command.places, command.days, command.supervisor_ids, uow.today
    )
    session = opportunity.add_session(planned, uow.today, uow.rules)
    await uow.opportunities.save(opportunity)
    return opportunity, session


async def publish_opportunity(command: PublishOpportunity, uow: OffersUnitOfWork) -> Opportunity:
    opportunity = await uow.opportunities.get(command.opportunity_id, command.acting_for)
    check_provider(await uow.organisations.find(opportunity.provider_id), opportunity.offer)
    if await uow.copies.is_suspended(opportunity.provider_id, opportunity.offer.site_id):
        raise ProviderSuspended
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


async def withdraw_opportunity(command: WithdrawOpportunity, uow: OffersUnitOfWork) -> Opportunity:
    opportunity = await uow.opportunities.get(command.opportunity_id, command.acting_for)
    opportunity.withdraw(command.reason_code)
    await uow.opportunities.save(opportunity)
    return opportunity


async def cancel_session(command: CancelSession, uow: OffersUnitOfWork) -> tuple[Opportunity, Session]:
    opportunity = await uow.opportunities.with_session(command.session_id, command.acting_for)
    session = opportunity.cancel_session(command.session_id, command.reason_code)
    await uow.opportunities.save(opportunity)
    return opportunity, session


async def apply_assurance(command: ApplyAssurance, uow: OffersUnitOfWork) -> None:
    await copy_assurance(CopyAssurance(command.assurance), uow)
    await _list_what_is_assured(command.assurance, uow)


async def apply_standing(command: ApplyStanding, uow: OffersUnitOfWork) -> None:
    standing = command.standing
    if not await uow.copies.copy_standing(standing):
        return
    if standing.suspended:
        await uow.opportunities.unlist(standing, command.reason_code)
    else:
        assured = await uow.copies.assured_sites(standing.provider_id, uow.today)
        await uow.opportunities.relist(standing, uow.rules.assured_modes, assured)


async def begin_assurance(command: BeginAssurance, uow: OffersUnitOfWork) -> None:
    if assurance := await uow.copies.assurance(command.assurance_id):
        await _list_what_is_assured(assurance, uow)


async def copy_provider_name(command: CopyProviderName, uow: OffersUnitOfWork) -> None:
    await uow.opportunities.copy_provider_name(command.provider_id)


async def _why_not_assured(opportunity: Opportunity, uow: OffersUnitOfWork) -> str | None:
    provider_id, offer = opportunity.provider_id, opportunity.offer
    if offer.site_id is None:
        return why_not_assured([], uow.today)
    known = await uow.copies.assurances(provider_id, offer.site_id, offer.activity_band)
    return why_not_assured(known, uow.today)


async def _list_what_is_assured(changed: Assurance, uow: OffersUnitOfWork) -> None:
    where = (changed.provider_id, changed.site_id, changed.activity_band)
    if await uow.copies.is_suspended(changed.provider_id, changed.site_id):
        return  # nothing is listed there; what the assurance says is asked when that ends
    not_assured = why_not_assured(await uow.copies.assurances(*where), uow.today)
    for opportunity in await uow.opportunities.listed_at(*where):
        if uow.rules.needs_assurance(opportunity.offer):
            opportunity.apply_assurance(not_assured)
            if opportunity.events:
                await uow.opportunities.save(opportunity)
