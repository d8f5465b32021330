"""Progress over HTTP: an institution's learners on their way to ten days."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from outcomes.evidence.access import staff_organisation
from outcomes.ledger.api import RulesToday
from outcomes.progress.bodies import (
    BandBody,
    DeniedBody,
    GroupBody,
    LearnerProgressBody,
    ProgressBody,
    RulePackBody,
)
from outcomes.progress.domain.privacy import check_learners_are_own, small_counts_withheld
from outcomes.progress.domain.reports import report
from outcomes.progress.queries import ProgressQueries
from shared.contracts.vocabulary import KeyStage
from shared.http.paging import Before, Limit, Page, Paging
from shared.http.reads import reads_for
from shared.security.access import act_for, requires
from shared.security.tokens import Caller

OfKeyStage = Annotated[KeyStage, Query(description="Years 7 to 9, or years 10 and 11")]
Reads = Annotated[ProgressQueries, reads_for(ProgressQueries)]

routes = APIRouter(tags=["progress"])


@routes.get(
    "/v1/institutions/{institution_id}/progress",
    operation_id="getProgress",
    response_model=ProgressBody,
)
async def get_progress(
    institution_id: UUID,
    key_stage: OfKeyStage,
    reads: Reads,
    rules: RulesToday,
    caller: Caller = requires("progress:read"),
) -> ProgressBody:
    """An institution's progress in a key stage, from running counts.

    The institution itself sees every count; whoever acts for it (a trust, a hub) sees none below five.
    """
    withheld = small_counts_withheld(staff_organisation(caller), act_for(caller, institution_id))
    counts = await reads.counts(institution_id, key_stage)
    found = report(key_stage, counts.progress, counts.denials, rules, withhold_small=withheld)
    return ProgressBody(
        institution_id=institution_id,
        key_stage=key_stage,
        learners_on_roll=found.whole.learners or 0,
        day_minutes=rules.day_minutes,
        target_minutes=rules.key_stages[key_stage].target_minutes,
        credited_minutes=found.whole.credited_minutes,
        learners_met=found.whole.learners_met,
        share_met=found.whole.share_met,
        histogram=[BandBody.model_validate(each) for each in found.histogram],
        groups=[GroupBody.model_validate(each) for each in found.groups],
        denied=[DeniedBody.model_validate(each) for each in found.denied],
        small_counts_withheld=withheld,
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
    pager: Paging,
    reads: Reads,
    rules: RulesToday,
    limit: Limit = 20,
    caller: Caller = requires("progress:read"),
    after: Before = None,
) -> Page[LearnerProgressBody]:
    """The institution's own learners, one by one; nobody else's to read, a trust's or a hub's neither."""
    check_learners_are_own(staff_organisation(caller), institution_id)
    stage = rules.key_stages[key_stage]
    rows = await reads.learners(institution_id, key_stage, stage.years, after, limit + 1)
    shown, next_cursor = pager.page(request, response, rows, limit, lambda row: [row.learner_id])
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
    return Page[LearnerProgressBody](items=items, next_cursor=next_cursor)
