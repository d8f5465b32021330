"""Bodies about opportunities and sessions."""

from dataclasses import asdict
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from opportunities.areas.bodies import Line, Slug
from opportunities.offers.domain.offer import Offer
from opportunities.offers.domain.opportunity import Opportunity
from opportunities.offers.domain.session import Day, Session
from shared.contracts.vocabulary import (
    ActivityBand,
    ActivityFormat,
    Criterion,
    Mode,
    OpportunityKind,
    ReasonCode,
    Tier,
    YearGroup,
)
from shared.http.bodies import RequestBody, ResponseBody

Prose = Annotated[str, Field(min_length=1)]
ObjectiveCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$", max_length=40)]


def _local(at: time) -> time:
    if at.tzinfo or at.microsecond:
        raise PydanticCustomError("local_time", "is not a time of day in England, as 09:30 or 09:30:00")
    return at


# JSON Schema's own `time` has an offset; a session's is English local time and has none.
LocalTime = Annotated[
    time,
    AfterValidator(_local),
    WithJsonSchema(
        {"type": "string", "maxLength": 8, "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}
    ),
]


class OpportunityToRevise(RequestBody):
    """What is offered."""

    title: Line = Field(max_length=120, examples=["A day in the drawing office"])
    summary: Prose = Field(max_length=2000, examples=["Follow a design from sketch to workshop."])
    purpose: Prose = Field(
        max_length=1000,
        description="The clear purpose, shown to learner and employer alike (M1)",
        examples=["See how engineers turn a need into a drawing, and try it."],
    )
    kind: OpportunityKind = Field(description="`placement` only for the last two compulsory years")
    format: ActivityFormat = Field(description="What happens there")
    mode: Mode = Field(description="`in_person` and `hybrid` need a site, `virtual` has none")
    tier: Tier = Field(description="Where it stands on the pyramid of outcomes")
    activity_band: ActivityBand = Field(description="HSE's bands of risk")
    sector: Slug = Field(examples=["advanced-manufacturing"])
    year_groups: list[YearGroup] = Field(min_length=1, max_length=7, examples=[[8, 9]])
    objective_codes: list[ObjectiveCode] = Field(
        default=[], max_length=40, description="Learning objectives aimed at (M2)", examples=[["II-1.1"]]
    )
    planned_criteria: list[Criterion] = Field(
        default=[], max_length=7, description="Which of M1 to M7 are planned", examples=[["M1", "M2", "M3"]]
    )
    task_brief: Prose | None = Field(
        default=None, max_length=4000, description="The task the employer sets; needed where M5 is planned"
    )
    accompanied: bool = Field(default=False, description="School staff come with the learners")
    site_id: UUID | None = Field(default=None, description="One of the provider's sites")

    def offer(self) -> Offer:
        """The offer described."""
        members: dict[str, Any] = self.model_dump(include=set(Offer.__dataclass_fields__))
        plain: dict[str, Any] = {
            k: tuple(dict.fromkeys(v)) if isinstance(v, list) else v for k, v in members.items()
        }
        return Offer(**{**plain, "year_groups": tuple(sorted(plain["year_groups"]))})


class OpportunityToDraft(OpportunityToRevise):
    """An opportunity to draft."""

    provider_id: UUID | None = Field(
        default=None, description="Who offers it: the caller's own organisation unless another is named"
    )


class DayToHold(RequestBody):
    """One day of a session, in English local time."""

    on: date = Field(examples=["2027-06-14"])
    starts: LocalTime = Field(examples=["09:30:00"])
    ends: LocalTime = Field(examples=["15:30:00"])
    overnight: bool = Field(default=False, description="Learners stay between 2am and 6am")


class SessionToAdd(RequestBody):
    """A dated run to add."""

    places: int = Field(ge=1, le=5000, examples=[12])
    days: list[DayToHold] = Field(min_length=1, max_length=60)
    supervisor_ids: list[UUID] = Field(
        default=[],
        max_length=50,
        description="Pseudonyms of the adults who supervise; not shown to the public",
    )

    def held_on(self) -> tuple[Day, ...]:
        """The days described."""
        return tuple(Day(**day.model_dump()) for day in self.days)


class ReasonToGive(RequestBody):
    """Why."""

    reason_code: ReasonCode = Field(examples=["staff-not-available"])


class DayBody(ResponseBody):
    """One day of a session, in English local time."""

    on: date
    starts: LocalTime
    ends: LocalTime
    overnight: bool = Field(description="Learners stay between 2am and 6am")


class SessionBody(ResponseBody):
    """A dated run of an opportunity."""

    id: UUID
    opportunity_id: UUID
    provider_id: UUID
    state: Literal["planned", "scheduled", "cancelled"]
    places: int
    places_left: int = Field(description="Places nobody holds, as bookings last said")
    days: list[DayBody]

    @classmethod
    def of(cls, found: tuple[Opportunity, Session]) -> Self:
        """The body of a session."""
        opportunity, session = found
        return cls(
            id=session.id,
            opportunity_id=opportunity.id,
            provider_id=opportunity.provider_id,
            state=session.state,
            places=session.places,
            places_left=session.places_left,
            days=[DayBody.model_validate(day) for day in session.days],
        )


class DecisionBody(ResponseBody):
    """Under which rules it was published."""

    rule_pack: str = Field(examples=["offering"])
    version: str = Field(examples=["2025.1"])
    reason_codes: list[str]


class OpportunityBody(ResponseBody):
    """An opportunity with its sessions."""

    id: UUID
    provider_id: UUID
    state: Literal["draft", "published", "suspended", "withdrawn"]
    title: str
    summary: str
    purpose: str
    kind: OpportunityKind
    format: ActivityFormat
    mode: Mode
    tier: Tier
    activity_band: ActivityBand
    sector: str
    year_groups: list[int]
    objective_codes: list[str]
    planned_criteria: list[Criterion]
    task_brief: str | None
    accompanied: bool
    site_id: UUID | None
    published_at: datetime | None
    reason_code: str | None = Field(description="Why it is suspended or withdrawn")
    decision: DecisionBody | None = Field(description="None while a draft")
    sessions: list[SessionBody] = Field(description="By their first day; at most 100 of them lie ahead")
    version: int = Field(description="Moves by one with every change; the ETag names it")

    @classmethod
    def of(cls, opportunity: Opportunity) -> Self:
        """The body for its provider: all there is."""
        return cls._with(opportunity, opportunity.sessions)

    @classmethod
    def for_all(cls, opportunity: Opportunity) -> Self:
        """The body for everybody: without sessions that were never announced."""
        return cls._with(opportunity, [each for each in opportunity.sessions if each.state != "planned"])

    @classmethod
    def _with(cls, opportunity: Opportunity, sessions: list[Session]) -> Self:
        shown = sorted(sessions, key=lambda session: (session.first_day, session.id))
        members: dict[str, Any] = {
            **asdict(opportunity.offer),
            "id": opportunity.id,
            "provider_id": opportunity.provider_id,
            "state": opportunity.state,
            "published_at": opportunity.published_at,
            "reason_code": opportunity.reason_code,
            "decision": asdict(opportunity.decided) if opportunity.decided else None,
            "sessions": [SessionBody.of((opportunity, session)) for session in shown],
            "version": opportunity.version,
        }
        return cls.model_validate(members)
