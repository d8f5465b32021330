"""Response bodies of progress."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.vocabulary import KeyStage
from shared.http.bodies import ResponseBody

_WITHHELD = "; null where it would single out fewer than five"


class RulePackBody(ResponseBody):
    """The rules that counted."""

    pack: str = Field(examples=["guarantee-counting"])
    version: str = Field(examples=["2025-05-08"])
    effective_from: date


class BandBody(ResponseBody):
    """Learners by minutes credited; 300 minutes are one day."""

    from_minutes: int = Field(examples=[300])
    to_minutes: int | None = Field(description="Not including; null for the last band", examples=[600])
    learners: int | None = Field(description="Learners in the band" + _WITHHELD)


class GroupBody(ResponseBody):
    """How a group does: `priority` and `others` are everybody; `flag:...` is one priority flag."""

    group: str = Field(examples=["priority", "others", "flag:send"])
    learners: int | None = Field(description="Learners on roll" + _WITHHELD)
    credited_minutes: int | None = Field(description="Their minutes in this key stage" + _WITHHELD)
    learners_met: int | None = Field(description="Who have reached the target" + _WITHHELD)
    share_met: float | None = Field(description="Of one; null also where there are no learners")


class DeniedBody(ResponseBody):
    """What was attended and does not count at present; one learner-day may lack several things."""

    code: str = Field(
        description="`any`, a missing criterion, or a reason code", examples=["any", "M7", "encounter"]
    )
    learner_days: int | None = Field(description="Days of learners" + _WITHHELD)
    attended_minutes: int | None = Field(description="Minutes attended on them" + _WITHHELD)


class ProgressBody(ResponseBody):
    """Progress of the learners on roll who are in the key stage now."""

    institution_id: UUID
    key_stage: KeyStage
    learners_on_roll: int
    day_minutes: int = Field(description="Minutes of one day", examples=[300])
    target_minutes: int = Field(description="Minutes each learner is to reach", examples=[1500])
    credited_minutes: int | None = Field(description="Of all of them" + _WITHHELD)
    learners_met: int | None = Field(description="Who have reached the target" + _WITHHELD)
    share_met: float | None = Field(description="Of one; null also where there are no learners")
    histogram: list[BandBody]
    groups: list[GroupBody] = Field(description="Who is reached: priority learners beside the others")
    denied: list[DeniedBody]
    small_counts_withheld: bool = Field(
        description="True for every caller but the institution itself: counts below five are null"
    )
    rules: RulePackBody


class LearnerProgressBody(ResponseBody):
    """One learner's way to the target of the key stage."""

    learner_id: UUID
    year_group: int
    credited_minutes: int = Field(examples=[600])
    days: float = Field(description="Credited minutes as days", examples=[2.0])
    missing_minutes: int = Field(description="Left to the target", examples=[900])
    met: bool
    flags: list[str] = Field(
        description="`all-virtual`, `no-placement`, `surplus-stays-in-key-stage`", examples=[["all-virtual"]]
    )
