"""Routes ask for a port, a protocol, and are given what the running service has for it."""

from typing import Any

from fastapi import Depends, Request


def port(protocol: Any) -> Any:
    """The dependency that finds the service's implementation of a port: see `Service.ports`.

    For `Annotated[Port, port(Port)]`.
    """

    async def find(request: Request) -> Any:
        return request.app.state.runtime.ports[protocol]

    return Depends(find)
