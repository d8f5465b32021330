"""The scenario of the tests of bookings: copied facts, schools, learners and callers."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwe
from sqlalchemy import text

from shared.contracts.contract import Contract
from shared.contracts.envelope import Event
from shared.contracts.integrations import RosterRowReceived
from shared.contracts.opportunities import OpportunityPublished, OrganisationRecorded, SessionScheduled
from shared.contracts.safeguarding import (
    AssuranceGranted,
    ClearanceGranted,
    ClearanceReferred,
    ClearanceRefused,
    ClearanceRevoked,
)
from shared.contracts.vocabulary import ActivityBand, Decision, InstitutionType, SessionDay
from shared.kernel import FixedClock
from tests.infra.polling import eventually
from tests.infra.running import ROSTER_KEY, Client, Running

NOW = datetime(2027, 2, 1, 9, tzinfo=UTC)
FIRST_DAY = date(2027, 3, 3)
CLEARED = Decision(rule_pack="clearance", version="1", reason_codes=["assured"])


def sealed(row: dict[str, Any]) -> str:
    """A roster's row, sealed as `integrations` does it."""
    algorithms = ["ECDH-ES+A256KW", "A256GCM"]
    header = {"alg": algorithms[0], "enc": algorithms[1]}
    return jwe.encrypt_compact(header, json.dumps(row).encode(), ROSTER_KEY, algorithms=algorithms)


def roster_row(number: int, **changes: Any) -> dict[str, Any]:
    """A plainly fictional learner of Year 10."""
    return {
        "source_id": f"source-{number}",
        "upn": None,
        "given_name": "Ada",
        "family_name": f"Example-{number}",
        "birth_date": "2012-01-15",
        "year_group": 10,
        "priority_flags": [],
        "status": "active",
    } | changes


@dataclass
class School:
    """An institution with its callers."""

    id: UUID
    client: Client
    stranger: Client = field(repr=False)


@dataclass
class Scenario:
    """A running service with schools and a provider of a test's own."""

    bookings: Running
    clock: FixedClock
    provider_id: UUID = field(default_factory=uuid4)
    site_id: UUID = field(default_factory=uuid4)
    own: set[UUID] = field(default_factory=set)
    assurances: dict[str, UUID] = field(default_factory=dict)  # of the provider's site, by activity band

    async def published(self, contract: type[Contract]) -> list[Event[Contract]]:
        """The events published so far about this scenario's schools and sessions, oldest first."""
        return [
            each
            for each in await self.bookings.said(contract)
            if {getattr(each.data, "institution_id", None), getattr(each.data, "session_id", None)} & self.own
        ]

    async def promotions_done(self) -> bool:
        """Whether no waiting list of the scenario's sessions is still to be looked at."""
        waiting = "select count(*) from deadlines where name = 'waiting-list' and tenant_id = :provider"
        return bool(await self.sql(waiting, provider=self.provider_id) == 0)

    async def receive(self, *events: Contract, sequence: int = 1) -> None:
        """Have the service consume events, and wait until each has taken effect."""
        envelopes = await self.bookings.hear(*events, sequence=sequence)
        await self.settled(*envelopes)

    async def settled(self, *envelopes: Event[Contract]) -> None:
        """Wait until these were consumed."""
        ids = [str(each.id) for each in envelopes]

        async def taken() -> bool:
            found = await self.sql(
                "select count(distinct message_id) from inbox where message_id = any (:ids)", ids=ids
            )
            return bool(found == len(ids))

        await eventually(taken)

    async def sql(self, statement: str, *, tenants: list[UUID] | None = None, **values: Any) -> Any:
        """One value straight from the database, as the app role acting for these tenants."""
        async with self.bookings.runtime.database.session() as session:
            acting_for = ",".join(map(str, tenants or []))
            await session.execute(text("select set_config('app.tenants', :t, true)"), {"t": acting_for})
            return await session.scalar(text(statement), values)

    async def school(self, institution_type: InstitutionType = "academy", *, opened: bool = True) -> School:
        """An institution on the register."""
        school_id = uuid4()
        await self.receive(
            OrganisationRecorded(
                organisation_id=school_id, kind="institution", institution_type=institution_type, open=opened
            )
        )
        self.own.add(school_id)
        return self.caller_of(school_id)

    def caller_of(self, school_id: UUID) -> School:
        scopes = "bookings:read bookings:write learners:read attendance:write"
        return School(
            school_id,
            self.bookings.caller(scopes, organisation=school_id, subject=f"school-{school_id}"),
            self.bookings.caller(scopes, organisation=uuid4(), subject="stranger"),
        )

    @property
    def provider(self) -> Client:
        return self.bookings.caller("bookings:read attendance:write", organisation=self.provider_id)

    async def learners(self, school: School, count: int, **changes: Any) -> list[str]:
        """So many learners, straight into the tables: the roster has tests of its own."""
        given = roster_row(1, **changes)
        ids = [uuid4() for _ in range(count)]
        async with self.bookings.runtime.database.session() as session:
            await session.execute(text("select set_config('app.tenants', :t, true)"), {"t": str(school.id)})
            await session.execute(
                text(
                    """
                    insert into learners (institution_id, learner_id, given_name, family_name, birth_date,
                      year_group, priority_flags, on_roll, heard_at)
                    select :school, id, 'Ada', 'Example', cast(:born as date), :year_group,
                           cast(:flags as text[]), true, :now from unnest(cast(:ids as uuid[])) as l(id)
                    """
                ),
                {
                    "school": school.id,
                    "ids": ids,
                    "born": date.fromisoformat(given["birth_date"]),
                    "year_group": given["year_group"],
                    "flags": given["priority_flags"],
                    "now": NOW,
                },
            )
            await session.commit()
        return sorted(map(str, ids))

    async def session(
        self,
        places: int = 10,
        *,
        first_day: date = FIRST_DAY,
        days: int = 1,
        assured: bool = True,
        **changes: Any,
    ) -> SessionScheduled:
        """A session of a published opportunity, whose site has an assurance in force."""
        starts, ends = changes.pop("starts", time(9)), changes.pop("ends", time(15))
        opportunity = OpportunityPublished.model_validate(
            {
                "opportunity_id": uuid4(),
                "provider_id": self.provider_id,
                "site_id": self.site_id,
                "kind": "workplace_experience",
                "format": "visit",
                "mode": "in_person",
                "tier": "introduce-inspire",
                "activity_band": "low_risk",
                "sector": "engineering",
                "year_groups": [9, 10, 11],
                "objective_codes": [],
                "planned_criteria": [],
                "accompanied": True,
            }
            | changes
        )
        scheduled = SessionScheduled(
            session_id=uuid4(),
            opportunity_id=opportunity.opportunity_id,
            provider_id=opportunity.provider_id,
            site_id=opportunity.site_id,
            places=places,
            days=[
                SessionDay(on=first_day + timedelta(days=each), starts=starts, ends=ends)
                for each in range(days)
            ],
        )
        self.own.add(scheduled.session_id)
        if assured:
            await self.assure(opportunity.activity_band)
        await self.receive(opportunity)
        await self.receive(scheduled, sequence=2)
        return scheduled

    async def assure(self, activity_band: ActivityBand = "low_risk") -> None:
        """The provider's site has an assurance in force for the band."""
        if activity_band not in self.assurances:
            self.assurances[activity_band] = uuid4()
            await self.receive(self.granted(activity_band=activity_band))

    def granted(
        self, assurance_id: UUID | None = None, activity_band: ActivityBand = "low_risk"
    ) -> AssuranceGranted:
        """The grant of the site's assurance, or of another."""
        return AssuranceGranted(
            assurance_id=assurance_id or self.assurances[activity_band],
            provider_id=self.provider_id,
            site_id=self.site_id,
            activity_band=activity_band,
            valid_from=date(2027, 1, 1),
            valid_until=date(2027, 12, 31),
            decision=CLEARED,
        )

    async def book(
        self, school: School, session: SessionScheduled, learner_ids: list[str], **body: Any
    ) -> Any:
        """A booking that must succeed."""
        asked = {"session_id": str(session.session_id), "learner_ids": learner_ids} | body
        answer = await school.client.post("/v1/bookings", asked)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def confirmed(self, school: School, session: SessionScheduled, learner_ids: list[str]) -> Any:
        """A booking that safeguarding has cleared."""
        booking = await self.book(school, session, learner_ids)
        await self.receive(self.cleared(booking))
        return booking

    async def state(self, booking: Any) -> str:
        parties = [UUID(booking["institution_id"])]
        return str(
            await self.sql(
                "select state from bookings where booking_id = :id", tenants=parties, id=UUID(booking["id"])
            )
        )

    async def reaches(self, booking: Any, state: str) -> None:
        """Wait until the booking is in the state."""

        async def arrived() -> bool:
            assert await self.state(booking) == state, await self.state(booking)
            return True

        await eventually(arrived)

    async def places(self, session: SessionScheduled) -> tuple[int, int, int]:
        """Places, taken, waiting."""
        answer = await self.provider.get(f"/v1/sessions/{session.session_id}/places")
        assert answer.status_code == 200, answer.text
        body = answer.json()
        return body["places"], body["taken"], body["waiting"]

    def cleared(self, booking: Any) -> ClearanceGranted:
        return ClearanceGranted(**self._clearance(booking))

    def refused(self, booking: Any, reason: str = "not-assured") -> ClearanceRefused:
        decision = Decision(rule_pack="clearance", version="1", reason_codes=[reason])
        return ClearanceRefused(**self._clearance(booking) | {"decision": decision})

    def revoked(self, booking: Any) -> ClearanceRevoked:
        return ClearanceRevoked(**self._clearance(booking))

    def referred(self, booking: Any) -> ClearanceReferred:
        return ClearanceReferred(**self._clearance(booking))

    def row(self, school: School, given: dict[str, Any], **changes: Any) -> RosterRowReceived:
        values = {
            "roster_id": uuid4(),
            "institution_id": school.id,
            "row_key": "0" * 32,
            "row": 1,
            "sealed": sealed(given),
        }
        return RosterRowReceived(**values | changes)

    @staticmethod
    def _clearance(booking: Any) -> dict[str, Any]:
        return {
            "clearance_id": uuid4(),
            "booking_id": booking["id"],
            "institution_id": booking["institution_id"],
            "provider_id": booking["provider_id"],
            "decision": CLEARED,
        }


def upn() -> str:
    """A unique pupil number that is nobody's."""
    return f"Z{uuid4().int % 10**12:012}"
