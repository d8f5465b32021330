"""What callers ask of the register: load, decide, save."""

from uuid import UUID

from opportunities.application.commands import (
    AddSession,
    AddSite,
    AppointHub,
    CancelSession,
    DraftOpportunity,
    PublishOpportunity,
    RegisterOrganisation,
    ReviseOpportunity,
    ReviseOrganisation,
    WithdrawOpportunity,
)
from opportunities.application.ports import UnitOfWork
from opportunities.domain.assurances import why_not_assured
from opportunities.domain.offers import Offer
from opportunities.domain.opportunities import Opportunity, Publishing
from opportunities.domain.organisations import PROVIDING, Organisation
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


async def register_organisation(command: RegisterOrganisation, uow: UnitOfWork) -> Organisation:
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


async def appoint_hub(command: AppointHub, uow: UnitOfWork) -> Organisation:
    """Runs at every start, so it is content with a hub that is there."""
    if hub := await uow.organisations.find(command.organisation_id):
        return hub
    hub = Organisation.appoint_hub(command.organisation_id, command.name, command.area_code)
    await uow.organisations.save(hub)
    return hub


async def add_site(command: AddSite, uow: UnitOfWork) -> Organisation:
    organisation = await uow.organisations.get(command.organisation_id, command.acting_for)
    organisation.add_site(command.site, uow.areas)
    await uow.organisations.save(organisation)
    return organisation


async def revise_organisation(command: ReviseOrganisation, uow: UnitOfWork) -> Organisation:
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
        await uow.heard.objective_codes(),
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


async def _check_provider(provider_id: UUID, offer: Offer, uow: UnitOfWork) -> None:
    provider = await uow.organisations.find(provider_id)
    if provider is None or provider.kind not in PROVIDING or not provider.open:
        raise NotAProvider(field="body.provider_id")
    if offer.site_id is not None and offer.site_id not in {site.id for site in provider.sites}:
        raise SiteUnknown(field="body.site_id")


async def _why_not_assured(opportunity: Opportunity, uow: UnitOfWork) -> str | None:
    offer = opportunity.offer
    if offer.site_id is None:
        return "assurance-missing"
    known = await uow.heard.assurances(opportunity.provider_id, offer.site_id, offer.activity_band)
    return why_not_assured(known, uow.today)
