"""Request and response bodies of evidence, feedback and reflections."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from outcomes.evidence.domain import Statement
from shared.contracts.vocabulary import Criterion
from shared.http.bodies import RequestBody, ResponseBody

Code = Annotated[str, Field(min_length=1, max_length=20, examples=["IE-1.3"])]
Skill = Literal[
    "listening",
    "speaking",
    "problem-solving",
    "creativity",
    "adapting",
    "planning",
    "leadership",
    "teamwork",
]


class PartOfBody(BaseModel):
    """A part of a request's body, read as strictly as the whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SharedPurpose(PartOfBody):
    """Who shares the purpose of the session."""

    purpose_shared_with_learners: bool = Field(default=False, examples=[True])
    purpose_shared_with_provider: bool | None = Field(
        default=None, description="Leave out when the provider itself says it: it shares the purpose then"
    )


class LearningOutcomes(PartOfBody):
    """The objectives the session served."""

    objective_codes: list[Code] = Field(default=[], max_length=20, description="Codes of a framework")


class Interactions(PartOfBody):
    """How much learners and employees spoke with each other."""

    interaction_minutes: int = Field(default=0, ge=0, le=10_000, description="In the whole session")


class RangeOfPeople(PartOfBody):
    """Whom the learners met."""

    roles_met: int = Field(default=0, ge=0, le=1_000, description="Distinct roles, not people", examples=[4])


class TaskOrProduct(PartOfBody):
    """What the learners did or made: one of the two is enough."""

    task: str | None = Field(
        default=None, min_length=1, max_length=500, description="The employer's task, briefly; no names"
    )
    artefact_reference: str | None = Field(
        default=None, max_length=200, description="Where the piece of work is kept", examples=["EX-0001"]
    )


class PurposeStatement(PartOfBody):
    """M1: a clear purpose, shared with the employer and the young person."""

    criterion: Literal["M1"]
    met: bool
    detail: SharedPurpose = SharedPurpose()


class ObjectivesStatement(PartOfBody):
    """M2: underpinned by learning outcomes."""

    criterion: Literal["M2"]
    met: bool
    detail: LearningOutcomes = LearningOutcomes()


class InteractionStatement(PartOfBody):
    """M3: extensive two-way interactions."""

    criterion: Literal["M3"]
    met: bool
    detail: Interactions = Interactions()


class PeopleStatement(PartOfBody):
    """M4: a range of different people."""

    criterion: Literal["M4"]
    met: bool
    detail: RangeOfPeople = RangeOfPeople()


class TaskStatement(PartOfBody):
    """M5: a task set by the employer, or a piece of work."""

    criterion: Literal["M5"]
    met: bool
    detail: TaskOrProduct = TaskOrProduct()


AnyStatement = Annotated[
    PurposeStatement | ObjectivesStatement | InteractionStatement | PeopleStatement | TaskStatement,
    Field(discriminator="criterion"),
]


class EvidenceToGive(RequestBody):
    """What a party says about M1-M5 of a session; each criterion once."""

    criteria: list[AnyStatement] = Field(min_length=1, max_length=5, description="One statement a criterion")

    @model_validator(mode="after")
    def say_each_criterion_once(self) -> Self:
        """Two statements on one criterion would leave open which of them holds."""
        if len({each.criterion for each in self.criteria}) < len(self.criteria):
            raise ValueError("a criterion is named twice")
        return self

    def statements(self) -> tuple[Statement, ...]:
        """The statements, without what was left out."""
        return tuple(
            Statement(each.criterion, each.met, each.detail.model_dump(mode="json", exclude_none=True))
            for each in self.criteria
        )


class CriterionBody(ResponseBody):
    """How much a statement shows, and whether that is enough under the rules of today."""

    criterion: Criterion
    met: bool = Field(description="As stated")
    measure: int = Field(description="What the detail shows, in the unit of the rule", examples=[150])
    at_least: int = Field(description="What the rule asks", examples=[60])
    verified: bool = Field(description="Stated as met, and the detail shows enough")


class EvidenceBody(ResponseBody):
    """What was said about a session."""

    session_id: UUID
    given_by: UUID = Field(description="The organisation that says it")
    criteria: list[CriterionBody]


class FeedbackToGive(RequestBody):
    """Feedback to learners of a session: named ones, or all who were present."""

    learner_ids: list[UUID] | None = Field(
        default=None, min_length=1, max_length=500, description="Whom it is for, by pseudonym"
    )
    all_present: bool = Field(default=False, description="Instead of `learner_ids`")
    comment: str = Field(min_length=1, max_length=2_000, examples=["Your repair plan was clear."])
    objective_codes: list[Code] = Field(default=[], max_length=20)

    @model_validator(mode="after")
    def name_the_learners_or_all(self) -> Self:
        """It must be plain whom the feedback is for."""
        if (self.learner_ids is not None) == self.all_present:
            raise ValueError("name learner_ids, or all_present")
        return self


class FeedbackBody(ResponseBody):
    """Feedback that was given; the words are with the learners."""

    feedback_id: UUID
    session_id: UUID
    learners: int = Field(description="To how many learners it was given", examples=[27])


class ReflectionToSubmit(RequestBody):
    """A learner's own words on a session, and what the learner worked on."""

    session_id: UUID
    text: str = Field(min_length=20, max_length=4_000, examples=["I learned how a team finds a fault."])
    objective_codes: list[Code] = Field(default=[], max_length=20)
    skills: list[Skill] = Field(
        default=[], max_length=8, description="Skills Builder Universal Framework 2.0, by name"
    )


class ReflectionBody(ResponseBody):
    """A reflection that was submitted; the words stay with the learner."""

    reflection_id: UUID
    session_id: UUID
    on: date


class ReceivedBody(ResponseBody):
    """Feedback as the learner was given it."""

    feedback_id: UUID
    session_id: UUID
    provider_id: UUID
    comment: str
    objective_codes: list[str] = Field(examples=[["IE-1.3"]])
    given_at: datetime


class WrittenBody(ResponseBody):
    """A reflection as the learner wrote it."""

    reflection_id: UUID
    session_id: UUID
    text: str
    objective_codes: list[str] = Field(examples=[["IE-1.3"]])
    skills: list[str] = Field(examples=[["problem-solving"]])
    submitted_on: date
