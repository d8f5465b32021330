"""The ledger over HTTP: every entry with its reason, and how each session is assessed."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from outcomes.evidence.access import known, readable_learner
from outcomes.ledger.bodies import AssessedBody, EntryBody, LedgerBody, TotalBody
from outcomes.ledger.domain.counting import Rules
from outcomes.ledger.ports import CountingRules
from outcomes.ledger.queries import Ledger, LedgerQueries
from shared.http.paging import Cursor, Limit, Page, Paging
from shared.http.ports import port
from shared.http.reads import reads_for
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

Reads = Annotated[LedgerQueries, reads_for(LedgerQueries)]

routes = APIRouter(tags=["ledger"])


async def _rules_today(request: Request, rules: Annotated[CountingRules, port(CountingRules)]) -> Rules:
    """The rules in force on the day the service's clock shows."""
    return rules.on(request.app.state.runtime.clock.today())


RulesToday = Annotated[Rules, Depends(_rules_today)]


@routes.get("/v1/learners/{learner_id}/ledger", operation_id="getLedger", response_model=LedgerBody)
async def get_ledger(
    learner_id: UUID,
    request: Request,
    response: Response,
    pager: Paging,
    reads: Reads,
    rules: RulesToday,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("ledger:read"),
) -> LedgerBody:
    """A learner's account: for the learner, and for the institution the learner is or was at."""
    learner, institution = readable_learner(caller, learner_id), own_organisation(caller)
    last = pager.read(request, cursor)
    ledger = known(await reads.ledger(institution, learner, int(last[0]) if last else None, limit + 1))
    shown, next_cursor = pager.page(request, response, ledger.entries, limit, lambda entry: [entry.sequence])
    return LedgerBody(
        learner_id=learner,
        totals=_totals(ledger, rules),
        items=[EntryBody.model_validate(each) for each in shown],
        next_cursor=next_cursor,
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
    pager: Paging,
    reads: Reads,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("progress:read"),
) -> Page[AssessedBody]:
    """The institution's own learners at a session, day by day: minutes credited, or exactly what is missing.

    A learner sees the learner's own days. Empty where no register has come yet.
    """
    last = pager.read(request, cursor)
    after = (UUID(last[0]), date.fromisoformat(last[1]), UUID(last[2])) if last else None
    rows = await reads.assessment(own_organisation(caller), session_id, caller.learner_id, after, limit + 1)
    shown, next_cursor = pager.page(
        request, response, rows, limit, lambda row: [row.learner_id, row.on, row.booking_id]
    )
    return Page[AssessedBody](
        items=[AssessedBody.model_validate(each) for each in shown], next_cursor=next_cursor
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
