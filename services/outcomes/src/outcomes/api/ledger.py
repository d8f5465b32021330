"""The ledger over HTTP: every entry with its reason, and how each session stands."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from outcomes.api.dependencies import Answers, Running
from outcomes.application.queries import Ledger
from outcomes.domain.counting import Rules
from outcomes.evidence.access import known, readable_learner
from shared.contracts.vocabulary import Criterion, KeyStage
from shared.http.bodies import ResponseBody
from shared.http.paging import Cursor, Limit, Page
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["ledger"])


class TotalBody(ResponseBody):
    """A learner's total in one key stage."""

    key_stage: KeyStage
    credited_minutes: int = Field(examples=[600])
    days: float = Field(description="Credited minutes as days", examples=[2.0])
    target_minutes: int = Field(examples=[1500])
    missing_minutes: int = Field(description="Left to the target", examples=[900])
    met: bool
    flags: list[str] = Field(description="What still has to be looked at", examples=[["no-placement"]])


class EntryBody(ResponseBody):
    """One entry of the ledger, with all that decided it."""

    entry_id: UUID
    sequence: int = Field(description="Number of the entry in the learner's account")
    kind: str = Field(description="`credited`, `denied` or `reversed`", examples=["credited"])
    on: date
    session_id: UUID
    opportunity_id: UUID
    booking_id: UUID
    key_stage: KeyStage | None
    minutes: int = Field(description="Credited, taken back, or attended and denied", examples=[300])
    missing: list[Criterion] = Field(description="Criteria a denial lacks")
    reason_codes: list[str] = Field(examples=[["criteria-met"]])
    rule_pack: str
    rule_version: str
    inputs: dict[str, Any] = Field(description="What the rule was given: run again, it gives the same")
    reverses: UUID | None = Field(description="The entry a reversal takes back")
    entered_at: datetime


class LedgerBody(Page[EntryBody]):
    """A learner's account: totals, and a page of entries, newest first."""

    learner_id: UUID
    totals: list[TotalBody]


class AssessedBody(ResponseBody):
    """How one learner's day at the session stands."""

    learner_id: UUID
    on: date
    booking_id: UUID
    attended_minutes: int
    credited_minutes: int = Field(description="0 while nothing counts")
    key_stage: KeyStage | None
    missing: list[Criterion] = Field(description="Exactly what is still needed", examples=[["M7"]])
    reason_codes: list[str] = Field(examples=[["criteria-missing"]])


@routes.get("/v1/learners/{learner_id}/ledger", operation_id="getLedger", response_model=LedgerBody)
async def get_ledger(
    learner_id: UUID,
    request: Request,
    response: Response,
    running: Running,
    reads: Answers,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("ledger:read"),
) -> LedgerBody:
    """A learner's account: for the learner, and for the institution the learner is or was at."""
    learner, institution = readable_learner(caller, learner_id), own_organisation(caller)
    last = running.pager.read(request, cursor)
    ledger = known(await reads.ledger(institution, learner, int(last[0]) if last else None, limit + 1))
    shown, following = running.pager.page(
        request, response, ledger.entries, limit, lambda entry: [entry.sequence]
    )
    return LedgerBody(
        learner_id=learner,
        totals=_totals(ledger, reads.rules_on(running.clock.today())),
        items=[EntryBody.model_validate(each) for each in shown],
        next_cursor=following,
    )


@routes.get(
    "/v1/sessions/{session_id}/assessment",
    operation_id="listAssessment",
    response_model=Page[AssessedBody],
)
async def list_assessment(
    session_id: UUID,
    request: Request,
    response: Response,
    running: Running,
    reads: Answers,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("progress:read"),
) -> Page[AssessedBody]:
    """The institution's own learners at a session, day by day: minutes credited, or exactly what is missing.

    A learner sees the learner's own days. Empty where no register has come yet.
    """
    last = running.pager.read(request, cursor)
    after = (UUID(last[0]), date.fromisoformat(last[1]), UUID(last[2])) if last else None
    rows = await reads.assessment(own_organisation(caller), session_id, caller.learner_id, after, limit + 1)
    shown, following = running.pager.page(
        request, response, rows, limit, lambda row: [row.learner_id, row.on, row.booking_id]
    )
    return Page[AssessedBody](
        items=[AssessedBody.model_validate(each) for each in shown], next_cursor=following
    )


def _totals(ledger: Ledger, rules: Rules) -> list[TotalBody]:
    return [
        TotalBody(
            key_stage=name,
            credited_minutes=total.minutes,
            days=round(total.minutes / rules.day_minutes, 2),
            target_minutes=rules.key_stages[name].target_minutes,
            missing_minutes=total.missing_minutes(rules.key_stages[name]),
            met=total.met(rules.key_stages[name]),
            flags=list(total.flags(rules.key_stages[name])),
        )
        for name, total in sorted(ledger.totals.items())
    ]
