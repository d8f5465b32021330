"""What routes ask for."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from bookings.application.queries import Reader, Reads
from shared.http.reads import reads_for
from shared.security.tokens import Caller

FromReads = Annotated[Reads, reads_for(Reads)]
BookingId = Annotated[UUID, Path(description="The booking")]


def reader(caller: Caller) -> Reader:
    """The caller as a reader of bookings: a learner sees their own alone, whatever the school may see."""
    return Reader(caller.acts_for, caller.learner_id)
