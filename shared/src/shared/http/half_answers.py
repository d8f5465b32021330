"""Answers cut off in the middle: the failpoint A4."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import failpoints


class HalfAnswers:
    """Sends each change's answer in halves and comes by A4 between them. Only for a process armed with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_halves(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] == "http.response.body" and len(body) > 1:
                half = len(body) // 2
                await send({**message, "body": body[:half], "more_body": True})
                await asyncio.sleep(0.01)  # until the bytes have left this process
                failpoints.reach("A4")
                message = {**message, "body": body[half:]}
            await send(message)

        change = scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS")
        await self._app(scope, receive, send_halves if change else send)
