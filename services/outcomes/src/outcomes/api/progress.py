"""Progress over HTTP: an institution's learners on their way to ten days."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from outcomes.api.dependencies import Answers, Running
from outcomes.domain.reports import report
from outcomes.evidence.access import staff_organisation
from shared.contracts.vocabulary import KeyStage
from shared.http.bodies import ResponseBody
from shared.http.paging import Cursor, Limit, Page
from shared.kernel import NotFound
from shared.security.access import act_for, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["progress"])
OfKeyStage = Annotated[KeyStage, Query(description="Years 7 to 9, or years 10 and 11")]
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


@routes.get(
    "/v1/institutions/{institution_id}/progress",
    operation_id="getProgress",
    response_model=ProgressBody,
)
async def get_progress(
    institution_id: UUID,
    key_stage: OfKeyStage,
    running: Running,
    reads: Answers,
    caller: Caller = requires("progress:read"),
) -> ProgressBody:
    """An institution's progress in a key stage, from running counts.

    The institution itself sees every count; whoever acts for it (a trust, a hub) sees none below five.
    """
    others = staff_organisation(caller) != act_for(caller, institution_id)
    rules = reads.rules_on(running.clock.today())
    counts = await reads.counts(institution_id, key_stage)
    told = report(key_stage, counts.progress, counts.denials, rules, withhold_small=others)
    return ProgressBody(
        institution_id=institution_id,
        key_stage=key_stage,
        learners_on_roll=told.whole.learners or 0,
        day_minutes=rules.day_minutes,
        target_minutes=rules.key_stages[key_stage].target_minutes,
        credited_minutes=told.whole.credited_minutes,
        learners_met=told.whole.learners_met,
        share_met=told.whole.share_met,
        histogram=[BandBody.model_validate(each) for each in told.histogram],
        groups=[GroupBody.model_validate(each) for each in told.groups],
        denied=[DeniedBody.model_validate(each) for each in told.denied],
        small_counts_withheld=others,
        rules=RulePackBody.model_validate(rules),
    )


@routes.get(
    "/v1/institutions/{institution_id}/progress/learners",
    operation_id="listLearnerProgress",
    response_model=Page[LearnerProgressBody],
)
async def list_learner_progress(
    institution_id: UUID,
    key_stage: OfKeyStage,
    request: Request,
    response: Response,
    running: Running,
    reads: Answers,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("progress:read"),
) -> Page[LearnerProgressBody]:
    """The institution's own learners, one by one; nobody else's to read, a trust's or a hub's neither."""
    if staff_organisation(caller) != institution_id:
        raise NotFound("There is no such institution, or it is not yours")
    rules = reads.rules_on(running.clock.today())
    stage = rules.key_stages[key_stage]
    last = running.pager.read(request, cursor)
    after = UUID(last[0]) if last else None
    rows = await reads.learners(institution_id, key_stage, stage.years, after, limit + 1)
    shown, following = running.pager.page(request, response, rows, limit, lambda row: [row.learner_id])
    items = [
        LearnerProgressBody(
            learner_id=row.learner_id,
            year_group=row.year_group,
            credited_minutes=row.totals.minutes,
            days=round(row.totals.minutes / rules.day_minutes, 2),
            missing_minutes=row.totals.missing_minutes(stage),
            met=row.totals.met(stage),
            flags=list(row.totals.flags(stage)),
        )
        for row in shown
    ]
    return Page[LearnerProgressBody](items=items, next_cursor=following)
