"""What routes ask for."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request

from bookings.application.queries import Reader, Reads
from shared.http.paging import Pager
from shared.security.tokens import Caller


async def _reads(request: Request) -> Reads:
    reads: Reads = request.app.state.runtime.reads
    return reads


async def _pager(request: Request) -> Pager:
    pager: Pager = request.app.state.runtime.pager
    return pager


FromReads = Annotated[Reads, Depends(_reads)]
Paging = Annotated[Pager, Depends(_pager)]
BookingId = Annotated[UUID, Path(description="The booking")]
CohortId = Annotated[UUID, Path(description="The cohort")]
LearnerId = Annotated[UUID, Path(description="The learner, by pseudonym")]
RosterId = Annotated[UUID, Path(description="The roster, as `integrations` named it")]
SessionId = Annotated[UUID, Path(description="The session")]


def reader(caller: Caller) -> Reader:
    """The caller as a reader of bookings: a learner sees their own alone, whatever the school may see."""
    return Reader(caller.acts_for, caller.learner_id)
