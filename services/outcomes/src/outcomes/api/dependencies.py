"""The service's things a route needs."""

from typing import Annotated, Any

from fastapi import Depends, Request

from outcomes.application.queries import Reads
from shared.http.reads import reads_for
from shared.runtime import Runtime


async def _runtime(request: Request) -> Any:
    return request.app.state.runtime


Running = Annotated[Runtime[Any], Depends(_runtime)]
Answers = Annotated[Reads, reads_for(Reads)]
