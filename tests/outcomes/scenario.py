"""One school's day at one provider, as the other services publish it."""

from dataclasses import dataclass, field
from datetime import date, time
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.bookings import (
    AttendanceRecorded,
    BookingConfirmed,
    BookingEnded,
    LearnerRecorded,
)
from shared.contracts.opportunities import OpportunityPublished, SessionScheduled
from shared.contracts.outcomes import LedgerCredited, LedgerDenied, LedgerReversed
from shared.contracts.vocabulary import AttendanceEntry, SessionDay
from tests.infra.polling import eventually
from tests.infra.running import Client, Running

CRITERIA: list[dict[str, Any]] = [
    {"criterion": "M1", "met": True, "detail": {"purpose_shared_with_learners": True}},
    {"criterion": "M2", "met": True, "detail": {"objective_codes": ["IE-1.3", "IE-2.2"]}},
    {"criterion": "M3", "met": True, "detail": {"interaction_minutes": 150}},
    {"criterion": "M4", "met": True, "detail": {"roles_met": 4}},
    {"criterion": "M5", "met": True, "detail": {"task": "Repair plan for the example pump"}},
]
WORDS = "I learned how a team finds a fault step by step."
COMMENT = "You asked good questions."
MAX_DEPENDENCY_WAIT = 30.0  # a broker's first group takes its time on a busy machine


@dataclass
class Visit:
    """A session of a provider, booked by one institution for its learners."""

    here: Running
    learners: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(3)])
    institution: UUID = field(default_factory=uuid4)
    provider: UUID = field(default_factory=uuid4)
    opportunity: UUID = field(default_factory=uuid4)
    session: UUID = field(default_factory=uuid4)
    booking: UUID = field(default_factory=uuid4)
    kind: str = "workplace_experience"
    mode: str = "in_person"
    starts: time = time(9)
    ends: time = time(15)
    year_group: int = 9
    on: date = date(2026, 6, 10)

    def published(self) -> OpportunityPublished:
        return OpportunityPublished.model_validate(
            {
                "opportunity_id": self.opportunity,
                "provider_id": self.provider,
                "site_id": None,
                "kind": self.kind,
                "format": "visit",
                "mode": self.mode,
                "tier": "investigate-explore",
                "activity_band": "low_risk",
                "sector": "engineering",
                "year_groups": [self.year_group],
                "objective_codes": ["IE-1.3"],
                "planned_criteria": ["M1"],
                "accompanied": True,
            }
        )

    def scheduled(self) -> SessionScheduled:
        return SessionScheduled(
            session_id=self.session,
            opportunity_id=self.opportunity,
            provider_id=self.provider,
            site_id=None,
            places=30,
            days=[SessionDay(on=self.on, starts=self.starts, ends=self.ends)],
        )

    def recorded(self, *learners: UUID, **changes: Any) -> list[LearnerRecorded]:
        facts = {"institution_id": self.institution, "year_group": self.year_group, "priority_flags": []}
        return [
            LearnerRecorded.model_validate({"learner_id": learner, **facts, **changes})
            for learner in learners or self.learners
        ]

    def confirmed(self) -> BookingConfirmed:
        return BookingConfirmed(
            **self._parties(), learner_ids=self.learners, first_day=self.on, last_day=self.on
        )

    def ended(self) -> BookingEnded:
        return BookingEnded(**self._parties(), state="cancelled", reason_codes=["provider-withdrew"])

    def register(self, minutes: dict[UUID, int] | int = 300) -> AttendanceRecorded:
        """The day's register; a number is everybody's minutes."""
        by_learner = dict.fromkeys(self.learners, minutes) if isinstance(minutes, int) else minutes
        entries = [
            AttendanceEntry(learner_id=learner, attended=attended > 0, minutes=attended)
            for learner, attended in by_learner.items()
        ]
        return AttendanceRecorded(**self._parties(), on=self.on, entries=entries)

    def _parties(self) -> dict[str, Any]:
        return {
            "booking_id": self.booking,
            "session_id": self.session,
            "opportunity_id": self.opportunity,
            "institution_id": self.institution,
            "provider_id": self.provider,
        }

    @property
    def school(self) -> Client:
        return self.here.caller(
            "progress:read ledger:read feedback:write reflections:write", organisation=self.institution
        )

    @property
    def host(self) -> Client:
        return self.here.caller("feedback:write", organisation=self.provider)

    def pupil(self, learner: UUID) -> Client:
        return self.here.caller(
            "reflections:write progress:read ledger:read", organisation=self.institution, learner=learner
        )

    async def begin(self) -> None:
        """Everything about the session, its learners and its booking is published, in one go."""
        await self.here.hear(self.published(), self.scheduled(), *self.recorded(), self.confirmed())

    async def give_evidence(self) -> None:
        await accepted(self.host, f"/v1/sessions/{self.session}/evidence", {"criteria": CRITERIA})

    async def give_feedback(self, *learners: UUID) -> None:
        whom = {"learner_ids": [str(each) for each in learners]} if learners else {"all_present": True}
        await accepted(self.host, f"/v1/sessions/{self.session}/feedback", {**whom, "comment": COMMENT})

    async def reflect(self, *learners: UUID) -> None:
        for learner in learners or self.learners:
            body = {"session_id": str(self.session), "text": WORDS}
            await accepted(self.pupil(learner), "/v1/reflections", body)

    async def assessment(self) -> dict[UUID, dict[str, Any]]:
        """How each learner stands, by learner."""
        answer = await self.school.get(f"/v1/sessions/{self.session}/assessment", limit=100)
        assert answer.status_code == 200, answer.text
        return {UUID(item["learner_id"]): item for item in answer.json()["items"]}

    async def register_arrived(self, count: int | None = None) -> None:
        """The register has arrived."""
        wanted = len(self.learners) if count is None else count

        async def there() -> bool:
            return len(await self.assessment()) >= wanted

        await eventually(there, within=MAX_DEPENDENCY_WAIT)

    async def stands(self, minutes: dict[UUID, int]) -> None:
        """These learners' minutes are credited."""

        async def credited() -> bool:
            found = await self.assessment()
            now = {learner: item["credited_minutes"] for learner, item in found.items()}
            assert now == minutes
            return True

        await eventually(credited, within=MAX_DEPENDENCY_WAIT)

    async def lack(self, missing: dict[UUID, list[str]]) -> None:
        """Exactly this is missing for these learners."""

        async def shown() -> bool:
            found = await self.assessment()
            assert {learner: found[learner]["missing"] for learner in missing} == missing
            return True

        await eventually(shown, within=MAX_DEPENDENCY_WAIT)

    async def progress(self, key_stage: str = "KS3", client: Client | None = None) -> dict[str, Any]:
        path = f"/v1/institutions/{self.institution}/progress"
        answer = await (client or self.school).get(path, key_stage=key_stage)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def ledger(self, learner: UUID) -> dict[str, Any]:
        answer = await self.school.get(f"/v1/learners/{learner}/ledger", limit=100)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def balance(self) -> dict[UUID, int]:
        """What the published events add up to, by learner."""
        sums = dict.fromkeys(self.learners, 0)
        for event in [*await self.here.said(LedgerCredited), *await self.here.said(LedgerReversed)]:
            assert isinstance(event.data, LedgerCredited | LedgerReversed)
            sign = 1 if isinstance(event.data, LedgerCredited) else -1
            sums[event.data.learner_id] += sign * event.data.minutes
        return sums

    async def denials(self, learner: UUID) -> list[list[str]]:
        """What was published as missing for the learner, in order."""
        denials = await self.here.said(LedgerDenied)
        return [
            list(event.data.missing)
            for event in denials
            if isinstance(event.data, LedgerDenied) and event.data.learner_id == learner
        ]


async def accepted(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Post until what the post needs has arrived; anything but yes or not yet fails."""

    async def post() -> dict[str, Any] | None:
        answer = await client.post(path, body)
        if answer.status_code in (404, 409) or answer.json().get("slug") == "learner-not-in-session":
            return None
        assert answer.status_code in (200, 201), answer.text
        found: dict[str, Any] = answer.json()
        return found

    answer = await eventually(post, within=MAX_DEPENDENCY_WAIT)
    return answer or {}
