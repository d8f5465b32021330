"""A partner's webhook endpoint: verifies every signature, and refuses one delivery to see it again.

In the journey's own process, or as a program of its own (`python receiver.py`, beside compose's containers):
there the journey tells it the secret and asks what it has heard at `/heard`.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from typing import Any

import uvicorn
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PORT = 8080  # of the program


@dataclass
class Receiver:
    """What the partner received: verified deliveries by type, and what it answered with 500."""

    secret: str = ""
    refuse_first: str = "attendance.recorded.v1"
    url: str = ""
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unverified: int = 0

    async def trust(self, secret: str) -> None:
        """Verify with this secret from now on."""
        self.secret = secret

    async def refresh(self) -> None:
        """Bring what it has received up to date."""

    def types(self) -> set[str]:
        """Types of the verified deliveries that were taken."""
        return {body["type"] for _, body in self.received}

    def came_again(self) -> bool:
        """Whether a delivery that was answered with 500 arrived a second time, under the same id."""
        return bool(self.refused) and self.refused[0] in {message_id for message_id, _ in self.received}

    async def take(self, request: Request) -> Response:
        """Verify, refuse the first of one type, take the rest; another's hook is not here."""
        if not self.url.endswith(request.url.path):
            return Response(status_code=404)
        raw = await request.body()
        message_id = request.headers.get("webhook-id", "")
        try:
            Webhook(self.secret).verify(raw, dict(request.headers))
        except WebhookVerificationError:
            self.unverified += 1
            return Response(status_code=401)
        body = json.loads(raw)
        if body["type"] == self.refuse_first and not self.refused:
            self.refused.append(message_id)
            return Response(status_code=500)
        self.received.append((message_id, body))
        return Response(status_code=204)


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A partner's endpoint on this machine, on a port that nobody can take before it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        receiver = Receiver(url=f"http://127.0.0.1:{listening.getsockname()[1]}/hooks")
        app = Starlette(routes=[Route("/hooks", receiver.take, methods=["POST"])])
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        serving = asyncio.create_task(_serve(server, listening))
        try:
            yield receiver
        finally:
            server.should_exit = True
            await serving


async def _serve(server: uvicorn.Server, listening: socket.socket) -> None:
    # The journey's own process listens to Ctrl-C; the receiver must not take the signal over.
    with contextlib.suppress(SystemExit):
        await server._serve([listening])  # noqa: SLF001


def program() -> Starlette:
    """One partner's endpoint after the other's: `PUT /heard` begins with the next, `GET` tells what came."""
    receiver = Receiver()

    async def take(request: Request) -> Response:
        return await receiver.take(request)

    async def begin(request: Request) -> Response:
        nonlocal receiver
        receiver = Receiver(**await request.json())
        return Response(status_code=204)

    async def tell(_request: Request) -> Response:
        return JSONResponse(asdict(receiver))

    return Starlette(
        routes=[
            Route("/hooks/{partner}", take, methods=["POST"]),
            Route("/heard", begin, methods=["PUT"]),
            Route("/heard", tell, methods=["GET"]),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(program(), host="0.0.0.0", port=PORT, access_log=False)  # noqa: S104 - its port is published
