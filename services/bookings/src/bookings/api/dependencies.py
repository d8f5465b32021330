"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Request

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


def reader(caller: Caller) -> Reader:
    """The caller as a reader of bookings: a learner sees their own alone, whatever the school may see."""
    return Reader(caller.acts_for, caller.learner_id)
