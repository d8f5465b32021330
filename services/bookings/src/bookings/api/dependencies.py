"""What routes ask for."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request

from bookings.application.queries import Reader, Reads
from shared.security.tokens import Caller


async def _reads(request: Request) -> Reads:
    reads: Reads = request.app.state.runtime.reads
    return reads


FromReads = Annotated[Reads, Depends(_reads)]
BookingId = Annotated[UUID, Path(description="The booking")]
CohortId = Annotated[UUID, Path(description="The cohort")]
LearnerId = Annotated[UUID, Path(description="The learner, by pseudonym")]
RosterId = Annotated[UUID, Path(description="The roster, as `integrations` named it")]
SessionId = Annotated[UUID, Path(description="The session")]


def reader(caller: Caller) -> Reader:
    """The caller as a reader of bookings: a learner sees their own alone, whatever the school may see."""
    return Reader(caller.acts_for, caller.learner_id)
