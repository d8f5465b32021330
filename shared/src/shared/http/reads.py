"""Routes ask for a protocol of queries and are given the service's implementation of it."""

from typing import Any

from fastapi import Depends, Request


def reads_for(queries: Any) -> Any:
    """The dependency that finds the implementation of `queries`, a protocol, in the running service.

    For `Annotated[Queries, reads_for(Queries)]`; `Service.open_reads` says what implements what.
    """

    async def find(request: Request) -> Any:
        return request.app.state.runtime.reads[queries]

    return Depends(find)
