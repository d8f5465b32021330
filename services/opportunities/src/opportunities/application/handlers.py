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
from opportunities.application.ports import Work
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


async def register_organisation(command: RegisterOrganisation, work: Work) -> Organisation:
    organisation = Organisation.register(
        command.organisation_id,
        command.kind,
        command.name,
        command.registered_by,
        work.areas,
        area_code=command.area_code,
        institution_type=command.institution_type,
        reference=command.reference,
        site=command.site,
    )
    await work.organisations.save(organisation)
    return organisation


async def appoint_hub(command: AppointHub, work: Work) -> Organisation:
    """Runs at every start, so it is content with a hub that is there."""
    if hub := await work.organisations.find(command.organisation_id):
        return hub
    hub = Organisation.appoint_hub(command.organisation_id, command.name, command.area_code)
    await work.organisations.save(hub)
    return hub


async def add_site(command: AddSite, work: Work) -> Organisation:
    organisation = await work.organisations.get(command.organisation_id, command.acting_for)
    organisation.add_site(command.site, work.areas)
    await work.organisations.save(organisation)
    return organisation


async def revise_organisation(command: ReviseOrganisation, work: Work) -> Organisation:
    organisation = await work.organisations.get(command.organisation_id, command.acting_for)
    organisation.revise(
        command.expected_version,
        name=command.name,
        institution_type=command.institution_type,
        reference=command.reference,
        is_open=command.is_open,
    )
    await work.organisations.save(organisation)
    return organisation


async def draft_opportunity(command: DraftOpportunity, work: Work) -> Opportunity:
    await _check_provider(command.provider_id, command.offer, work)
    opportunity = Opportunity.draft(command.opportunity_id, command.provider_id, command.offer, work.rules)
    await work.opportunities.save(opportunity)
    return opportunity


async def revise_opportunity(command: ReviseOpportunity, work: Work) -> Opportunity:
    opportunity = await work.opportunities.get(command.opportunity_id, command.acting_for)
    await _check_provider(opportunity.provider_id, command.offer, work)
    opportunity.revise(command.expected_version, command.offer, work.rules)
    await work.opportunities.save(opportunity)
    return opportunity


async def add_session(command: AddSession, work: Work) -> tuple[Opportunity, Session]:
    opportunity = await work.opportunities.get(command.opportunity_id, command.acting_for)
    planned = Session.plan(
        command.session_id, command.places, command.days, command.supervisor_ids, work.today
    )
    session = opportunity.add_session(planned)
    await work.opportunities.save(opportunity)
    return opportunity, session


async def publish_opportunity(command: PublishOpportunity, work: Work) -> Opportunity:
    opportunity = await work.opportunities.get(command.opportunity_id, command.acting_for)
    await _check_provider(opportunity.provider_id, opportunity.offer, work)
    basis = Publishing(
        work.now,
        work.today,
        work.rules,
        await work.heard.objective_codes(),
        await _why_not_assured(opportunity, work),
    )
    opportunity.publish(basis)
    await work.opportunities.save(opportunity)
    return opportunity


async def withdraw_opportunity(command: WithdrawOpportunity, work: Work) -> Opportunity:
    opportunity = await work.opportunities.get(command.opportunity_id, command.acting_for)
    opportunity.withdraw(command.reason_code)
    await work.opportunities.save(opportunity)
    return opportunity


async def cancel_session(command: CancelSession, work: Work) -> tuple[Opportunity, Session]:
    opportunity = await work.opportunities.with_session(command.session_id, command.acting_for)
    session = opportunity.cancel_session(command.session_id, command.reason_code)
    await work.opportunities.save(opportunity)
    return opportunity, session


async def _check_provider(provider_id: UUID, offer: Offer, work: Work) -> None:
    provider = await work.organisations.find(provider_id)
    if provider is None or provider.kind not in PROVIDING or not provider.open:
        raise NotAProvider(field="body.provider_id")
    if offer.site_id is not None and offer.site_id not in {site.id for site in provider.sites}:
        raise SiteUnknown(field="body.site_id")


async def _why_not_assured(opportunity: Opportunity, work: Work) -> str | None:
    offer = opportunity.offer
    if offer.site_id is None:
        return "assurance-missing"
    known = await work.heard.assurances(opportunity.provider_id, offer.site_id, offer.activity_band)
    return why_not_assured(known, work.today)
