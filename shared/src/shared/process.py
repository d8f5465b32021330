"""The command line of a service: `python -m <service>` and what the process is to do."""

import argparse
import asyncio
import gc
import json
import os
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import uvloop

from shared import failpoints
from shared.http.half_answers import HalfAnswers
from shared.messaging.announcing import RATE, AnnouncedElsewhere, Announcer
from shared.messaging.replay import replay
from shared.persistence.migrations import upgrade
from shared.runtime import Service, serve
from shared.telemetry.logs import configure_logs
from shared.telemetry.tracing import configure_tracing


def main(compose: Callable[[], Service[Any]], migrations: Path) -> None:
    """Run what the command line asks for.

    `compose` is the service's composition root, `migrations` the folder of its Alembic scripts.
    """
    parser = argparse.ArgumentParser(description="One process of a service")
    parser.add_argument("role", choices=["api", "worker", "migrate", "replay", "announce", "openapi"])
    parser.add_argument("--key", default="", help="replay: the messages of one aggregate alone")
    parser.add_argument("--what", help="announce: the kind of state that is published again")
    parser.add_argument("--since", type=date.fromisoformat, help="announce: not what was over before")
    parser.add_argument("--rate", type=int, default=RATE, help="announce: aggregates a second")
    arguments = parser.parse_args()
    if arguments.role == "migrate":
        return _migrate(migrations)
    service = compose()
    settings = service.settings
    failpoints.arm(settings.fail)
    configure_logs(service.name, as_json=settings.log_format == "json")
    if arguments.role == "openapi":
        json.dump(service.api().openapi(), sys.stdout, indent=2)
    elif arguments.role == "replay":
        asyncio.run(_replay(service, arguments.key))
    elif arguments.role == "announce":
        asyncio.run(_announce(service, arguments.what, arguments.since, arguments.rate))
    else:
        tracing = configure_tracing(
            service.name, arguments.role, settings.otlp_endpoint, statements=settings.trace_statements
        )
        app = service.api() if arguments.role == "api" else service.worker().health_app()
        if failpoints.armed("A4"):
            app.add_middleware(HalfAnswers)
        _collect_garbage_seldom()
        uvloop.run(serve(app, settings.http_host, settings.http_port, tracing))
    return None


def _collect_garbage_seldom() -> None:
    """What is loaded by now stays; looking through it every 700 objects was a fifth of a request's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _migrate(migrations: Path) -> None:
    # Migrating needs the owner's database URL and none of the service's other settings.
    url = os.environ.get("WEX_OWNER_DATABASE_URL")
    if not url:
        raise SystemExit("WEX_OWNER_DATABASE_URL is not set: migrations run as the owner role")
    upgrade(url, migrations)


async def _replay(service: Service[Any], key: str) -> None:
    worker = service.worker()
    try:
        done, stay = await replay(worker.consumer.delivery, key)
    finally:
        await worker.runtime.database.close()
        await worker.relay_database.close()
    print(f"replayed {done}, still parked {stay}")  # noqa: T201 - the command's answer
    if stay:
        raise SystemExit(1)


async def _announce(service: Service[Any], what: str | None, since: date | None, rate: int) -> None:
    kinds = {each.what: each for each in service.announcements}
    if what not in kinds:
        raise SystemExit(f"--what is one of: {', '.join(kinds) or 'nothing, here'}")
    runtime = service.run()
    await runtime.waker.start()
    try:
        announcer = Announcer(
            runtime.database, runtime.waker, runtime.clock, source=f"/services/{service.name}"
        )
        said = await announcer.announce(kinds[what], since, rate)
    except AnnouncedElsewhere:
        raise SystemExit(f"another process is announcing {what}") from None
    finally:
        await runtime.waker.stop()
        await runtime.database.close()
    print(f"announced {said} {what}")  # noqa: T201 - the command's answer
