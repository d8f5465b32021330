"""`WEX_BUG=<name> python -m tests.faults.bugs <service> <role>`: a service's process with a bug planted."""

import os
import runpy
import sys
import time
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaProducer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import runtime
from shared.bus import outbox
from shared.http.app import create_app
from shared.http.commands import CommandRequest
from shared.messaging import kafka
from shared.messaging.delivery import EventDelivery
from shared.persistence.database import is_transient


def _plant(where: object, name: str, bug: object) -> None:
    setattr(where, name, bug)


def swallow_what_fails() -> None:
    """The consumer tries once, and goes on whatever came of it."""
    carry_out = EventDelivery.carry_out

    async def once(*arguments: Any, **options: Any) -> None:
        try:
            await carry_out(*arguments, **options)
        except Exception as error:  # noqa: BLE001 - the bug
            print("swallowed", type(error).__name__)  # noqa: T201

    _plant(EventDelivery, "carry_out", once)


def send_without_acknowledgement() -> None:
    """The relay's producer waits for nobody: what the broker has not kept is gone."""

    def producer(bootstrap: str, client_id: str) -> AIOKafkaProducer:
        return AIOKafkaProducer(bootstrap_servers=bootstrap, client_id=client_id, acks=0)

    _plant(kafka, "producer", producer)


def answer_from_another(seconds: float = 0.1) -> None:
    """Lists are kept for a moment by their address, and not by who asks."""

    def create_with_cache(*arguments: Any, **options: Any) -> Any:
        app = create_app(*arguments, **options)
        app.add_middleware(_Cache, seconds=seconds)
        return app

    _plant(runtime, "create_app", create_with_cache)


class _Cache:
    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds
        self._kept: dict[tuple[str, bytes], tuple[float, list[Message]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or "limit" not in str(scope["query_string"]):
            return await self._app(scope, receive, send)
        key, sent = (scope["path"], scope["query_string"]), list[Message]()
        kept = self._kept.get(key)
        if kept is None or time.monotonic() - kept[0] > self._seconds:

            async def keep(message: Message) -> None:
                sent.append(dict(message))

            await self._app(scope, receive, keep)
            kept = self._kept[key] = (time.monotonic(), sent)
        for message in kept[1]:
            await send(message)
        return None


def forget_other_events() -> None:
    """Of what a transaction says, only the last is written to the outbox."""
    write = outbox.write

    async def last(session: Any, events: Any, *more: Any) -> None:
        await write(session, events[-1:], *more)

    _plant(outbox, "write", last)


def log_the_body_of_what_failed() -> None:
    """A log line for support: what was sent when the database was away."""
    call = CommandRequest.__call__

    async def telling(self: Any, *arguments: Any) -> Any:
        try:
            return await call(self, *arguments)
        except Exception as error:
            if is_transient(error):
                print("failed on", await self._request.body())  # noqa: T201
            raise

    _plant(CommandRequest, "__call__", telling)


BUGS: dict[str, Callable[[], None]] = {
    bug.__name__: bug
    for bug in (
        swallow_what_fails,
        send_without_acknowledgement,
        answer_from_another,
        forget_other_events,
        log_the_body_of_what_failed,
    )
}


if __name__ == "__main__":
    BUGS[os.environ["WEX_BUG"]]()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
