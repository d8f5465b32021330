"""A provider with its sites, a school and their hub, as their events describe them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2

from shared.contracts.bookings import BookingRequested
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event
from shared.contracts.opportunities import OpportunityPublished, OrganisationRecorded, SessionScheduled
from shared.contracts.vocabulary import Decision, LearnerOnBooking, SessionDay, Site
from shared.kernel import FixedClock
from tests.infra.polling import eventually
from tests.infra.running import Client, Running, RunService

TODAY = date(2026, 3, 2)
NOTE = "Agreed in conversation"
SEEN = {
    "type": "enhanced_with_barred_list",
    "seen_on": TODAY.isoformat(),
    "seen_by_role": "manager",
    "outcome": True,
}


@dataclass
class Scenario:
    """What most tests start from: every organisation known, no site assured yet."""

    running: Running
    clock: FixedClock
    provider_id: UUID = field(default_factory=uuid4)
    sites: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(8)])
    school_id: UUID = field(default_factory=uuid4)
    hub_id: UUID = field(default_factory=uuid4)

    @property
    def site_id(self) -> UUID:
        return self.sites[0]

    @property
    def other_site_id(self) -> UUID:
        return self.sites[1]

    @property
    def provider(self) -> Client:
        return self.caller("assurances:read assurances:write clearances:read", self.provider_id)

    @property
    def school(self) -> Client:
        return self.caller("assurances:read clearances:read concerns:read concerns:write", self.school_id)

    def lead(self, subject: str = "second-lead") -> Client:
        return self.caller("concerns:read concerns:write", self.hub_id, subject)

    def caller(self, scope: str, organisation: UUID, subject: str = "first-lead") -> Client:
        return self.running.caller(scope, organisation=organisation, subject=subject)

    async def announce_organisations(self, *, open_: bool = True, sequence: int = 1) -> None:
        """Events of the hub, the school and the provider with its sites arrive."""
        sites = [Site(site_id=each, local_authority_code="E08000012") for each in self.sites]
        area = "liverpool-city-region"
        await self.running.hear(
            OrganisationRecorded(organisation_id=self.hub_id, kind="hub", area_code=area),
            OrganisationRecorded(
                organisation_id=self.provider_id, kind="provider", area_code=area, sites=sites, open=open_
            ),
            sequence=sequence,
        )

    async def ask_assurance(self, site_id: UUID | None = None, **changes: Any) -> httpx2.Response:
        body = await self.assurance_body(site_id or self.site_id, **changes)
        return await self.provider.post("/v1/assurances", body)

    async def assurance_body(self, site_id: UUID, band: str = "low_risk", **changes: Any) -> dict[str, Any]:
        checklist = (await self.running.caller("").get(f"/v1/checklists/{band}")).json()
        expires = changes.pop("expires", TODAY + timedelta(days=300))
        answers = [answer(item, expires) for item in checklist["items"]]
        return {
            "site_id": str(site_id),
            "activity_band": band,
            "checklist_version": checklist["version"],
            "answers": answers,
        } | changes

    async def assure(self, site_id: UUID | None = None, band: str = "low_risk") -> dict[str, Any]:
        """The site's assurance, granted as soon as the site is known."""

        async def granted() -> dict[str, Any]:
            response = await self.ask_assurance(site_id, band=band)
            assert response.status_code == 201, response.text
            body: dict[str, Any] = response.json()
            return body

        return await eventually(granted)

    async def offer(self, *days: date, **changes: Any) -> SessionScheduled:
        """Events of an opportunity with one session on these days arrive."""
        overnight = changes.pop("overnight", False)
        supervisors = changes.pop("supervisors", [])
        published = OpportunityPublished.model_validate(
            {
                "opportunity_id": uuid4(),
                "provider_id": self.provider_id,
                "site_id": self.site_id,
                "kind": "workplace_experience",
                "format": "visit",
                "mode": "in_person",
                "tier": "investigate-explore",
                "activity_band": "low_risk",
                "sector": "advanced-manufacturing",
                "year_groups": [10],
                "objective_codes": [],
                "planned_criteria": [],
                "accompanied": True,
            }
            | changes
        )
        scheduled = SessionScheduled(
            session_id=uuid4(),
            opportunity_id=published.opportunity_id,
            provider_id=self.provider_id,
            site_id=published.site_id,
            places=30,
            days=[SessionDay(on=d, starts=time(9), ends=time(15), overnight=overnight) for d in days],
            supervisor_ids=supervisors,
        )
        await self.running.hear(published, scheduled)
        return scheduled

    def booking(self, session: SessionScheduled, **changes: Any) -> BookingRequested:
        """A booking of one learner under 16 by the school."""
        return BookingRequested.model_validate(
            {
                "booking_id": uuid4(),
                "session_id": session.session_id,
                "opportunity_id": session.opportunity_id,
                "institution_id": self.school_id,
                "provider_id": self.provider_id,
                "learners": [learner()],
                "held_until": datetime(2026, 12, 1, tzinfo=UTC),
                "decision": Decision(rule_pack="places", version="1", reason_codes=[]),
            }
            | changes
        )

    async def book(self, session: SessionScheduled, **changes: Any) -> BookingRequested:
        requested = self.booking(session, **changes)
        await self.running.hear(requested)
        return requested

    async def clearance(self, booking: BookingRequested) -> dict[str, Any]:
        """The booking's clearance as its school reads it, as soon as there is one."""
        school = self.caller("clearances:read", booking.institution_id)

        async def decided() -> dict[str, Any]:
            response = await school.get(f"/v1/bookings/{booking.booking_id}/clearance")
            assert response.status_code == 200, response.text
            body: dict[str, Any] = response.json()
            return body

        return await eventually(decided)

    async def published(self, contract: type[Contract], count: int = 1) -> list[Event[Contract]]:
        """Exactly this many of these events, as soon as they are published."""

        async def all_there() -> list[Event[Contract]]:
            events = await self.running.said(contract)
            assert len(events) == count, f"{len(events)} instead of {count}"
            return events

        return await eventually(all_there)


def answer(item: dict[str, Any], expires: date) -> dict[str, Any]:
    """Yes, with the evidence the item asks."""
    given: dict[str, Any] = {"item": item["code"], "answer": True}
    if item["evidence"] == "note":
        given["note"] = NOTE
    if item["evidence"] == "document":
        given["evidence"] = {"kind": "document", "reference": "EX-0001", "expires_on": expires.isoformat()}
    return given


def learner(*, under_16: bool = True, child: bool = True) -> LearnerOnBooking:
    return LearnerOnBooking(
        learner_id=uuid4(), under_16_on_every_day=under_16, of_compulsory_school_age=child
    )


@asynccontextmanager
async def as_tenants(url: str, *tenants: UUID) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection that acts for these organisations, whatever a service would check."""
    connection = await asyncpg.connect(url)
    try:
        acting_for = ",".join(map(str, tenants))
        await connection.execute("select set_config('app.tenants', $1, false)", acting_for)
        yield connection
    finally:
        await connection.close()


async def open_scenario(run_service: RunService, on: date = TODAY) -> Scenario:
    """Safeguarding running, with every organisation known to it."""
    clock = FixedClock(datetime.combine(on, time(9), UTC))
    scenario = Scenario(await run_service("safeguarding", clock=clock), clock)
    await scenario.announce_organisations()
    return scenario
