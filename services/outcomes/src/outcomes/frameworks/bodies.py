"""Response bodies of frameworks."""

from pydantic import Field

from shared.http.bodies import ResponseBody


class ObjectiveBody(ResponseBody):
    """What a learner will be able to say or do."""

    code: str = Field(examples=["IE-1.3"])
    statement: str


class OutcomeBody(ResponseBody):
    """What a learner gains."""

    code: str = Field(examples=["IE-1"])
    title: str
    statement: str
    objectives: list[ObjectiveBody]


class TierBody(ResponseBody):
    """A step of the pyramid."""

    code: str = Field(examples=["investigate-explore"])
    order: int
    title: str
    volume_depth: str
    outcomes: list[OutcomeBody]


class CriterionOfMeaningBody(ResponseBody):
    """One of the criteria of a meaningful experience."""

    code: str = Field(examples=["M1"])
    slug: str
    statement: str


class GuaranteeBody(ResponseBody):
    """Days guaranteed across a key stage."""

    key_stage: str = Field(examples=["KS3"])
    years: list[int]
    days: int


class FrameworkSummary(ResponseBody):
    """A framework by name."""

    framework: str = Field(examples=["equalex"])
    version: str = Field(examples=["2025-07"])
    title: str
    publisher: str


class FrameworkBody(FrameworkSummary):
    """A framework, whole."""

    tiers: list[TierBody]
    criteria: list[CriterionOfMeaningBody]
    guarantee: list[GuaranteeBody]
