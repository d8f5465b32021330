"""Frameworks over HTTP: public, whole, with every statement."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from outcomes.api.access import Answers, Running
from shared.http.bodies import ResponseBody
from shared.http.paging import Cursor, Limit, Page
from shared.kernel import NotFound
from shared.security.access import public

FrameworkCode = Annotated[
    str, Path(min_length=1, max_length=40, description="As in the list", examples=["equalex"])
]
routes = APIRouter(tags=["frameworks"])


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


@routes.get(
    "/v1/frameworks",
    operation_id="listFrameworks",
    response_model=Page[FrameworkSummary],
    openapi_extra=public(),
)
async def list_frameworks(
    request: Request,
    response: Response,
    running: Running,
    reads: Answers,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[FrameworkSummary]:
    """The frameworks whose objectives may be named, by name."""
    after = running.pager.read(request, cursor)
    named = [each for name, each in sorted(reads.frameworks.items()) if after is None or name > after[0]]
    shown, following = running.pager.page(
        request, response, named[: limit + 1], limit, lambda each: [each.framework]
    )
    items = [FrameworkSummary.model_validate(each) for each in shown]
    return Page[FrameworkSummary](items=items, next_cursor=following)


@routes.get(
    "/v1/frameworks/{framework}",
    operation_id="getFramework",
    response_model=FrameworkBody,
    openapi_extra=public(),
)
async def get_framework(framework: FrameworkCode, reads: Answers) -> FrameworkBody:
    """A framework in its newest version: tiers, outcomes and objectives with their statements."""
    if framework not in reads.frameworks:
        raise NotFound("There is no such framework")
    return FrameworkBody.model_validate(reads.frameworks[framework])
