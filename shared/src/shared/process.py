"""The command line of a service: `python -m <service>` and what the process is to do."""

import argparse
import asyncio
import gc
import json
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop

from shared import failpoints, operating
from shared.http.half_answers import HalfAnswers
from shared.messaging.announcing import RATE
from shared.messaging.hearing_again import Choice
from shared.messaging.restoring import LAG
from shared.persistence.database import Database
from shared.persistence.migrations import upgrade
from shared.persistence.schema import PATIENCE, Revisions, SchemaUnfitError, must_fit
from shared.runtime import Service, serve
from shared.telemetry.logs import configure_logs
from shared.telemetry.tracing import configure_tracing


@dataclass(frozen=True, slots=True)
class Command:
    """What only one service may be asked: a role of its own on the command line."""

    name: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Service[Any], argparse.Namespace], Awaitable[None]]


def main(compose: Callable[[], Service[Any]], migrations: Path, *commands: Command) -> None:
    """Run what the command line asks for.

    `compose` is the service's composition root, `migrations` the folder of its Alembic scripts, `commands`
    what only this service has.
    """
    arguments = command_line(commands).parse_args()
    try:
        _carry_out(arguments, compose, migrations, commands)
    except SchemaUnfitError as unfit:
        raise SystemExit(str(unfit)) from None


def _carry_out(
    arguments: argparse.Namespace,
    compose: Callable[[], Service[Any]],
    migrations: Path,
    commands: tuple[Command, ...],
) -> None:
    if arguments.role == "migrate":
        return _migrate(migrations)
    service = compose()
    settings = service.settings
    failpoints.arm(settings.fail)
    configure_logs(service.name, as_json=settings.log_format == "json")
    if arguments.role == "openapi":
        json.dump(service.api().openapi(), sys.stdout, indent=2)
        return None
    serves = arguments.role in ("api", "worker")
    asyncio.run(_must_fit(service, migrations, patience=PATIENCE if serves else 0.0))
    if act := _ACTS.get(arguments.role):
        asyncio.run(act(service, arguments))
    elif own := next((each for each in commands if each.name == arguments.role), None):
        asyncio.run(_run(own, service, arguments))
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


# What an operator asks of a service, beside its processes.
_ACTS: dict[str, Callable[[Service[Any], argparse.Namespace], Coroutine[Any, Any, None]]] = {
    "replay": lambda service, asked: operating.replay_parked(service, asked.by, key=asked.key),
    "parked": operating.parked,
    "announce": lambda service, asked: operating.announce(service, asked.what, asked.since, asked.rate),
    "restored": lambda service, asked: operating.restored(service, asked.to, timedelta(seconds=asked.lag)),
    "count": lambda service, asked: operating.count(service, asked.on),
    "rewind": lambda service, asked: operating.rewind(service, Choice(asked.since, asked.key, asked.type)),
    "story": lambda service, asked: operating.tell_story(service, asked.id, asked.since),
}


async def _run(command: Command, service: Service[Any], arguments: argparse.Namespace) -> None:
    await command.run(service, arguments)


def command_line(commands: Sequence[Command] = ()) -> argparse.ArgumentParser:
    """What a service may be asked, as arguments."""
    parser = argparse.ArgumentParser(description="One process of a service")
    roles = parser.add_subparsers(dest="role", required=True)
    for role in ("api", "worker", "migrate", "openapi"):
        roles.add_parser(role)
    announce = roles.add_parser("announce", help="publish the present state again")
    announce.add_argument("--what", help="the kind of state")
    announce.add_argument("--since", type=date.fromisoformat, help="not what was over before")
    announce.add_argument("--rate", type=_a_rate, default=RATE, help="aggregates a second")
    restored = roles.add_parser("restored", help="the database was restored to an earlier moment")
    restored.add_argument("--to", type=_moment, required=True, help="the moment, with its offset from UTC")
    restored.add_argument(
        "--lag",
        type=float,
        default=LAG.total_seconds(),
        help="by how many seconds a consumer may have been behind at that moment",
    )
    count = roles.add_parser("count", help="count a day again, and publish its totals")
    count.add_argument("--on", type=date.fromisoformat, required=True, help="the day")
    rewind = roles.add_parser("rewind", help="hear again what the log keeps; no effect comes twice")
    rewind.add_argument("--since", type=_moment, required=True, help="the moment, with its offset from UTC")
    rewind.add_argument("--key", default="", help="of one aggregate alone")
    rewind.add_argument("--type", default="", help="of one type of event alone")
    story = roles.add_parser("story", help="what this service said and heard of one aggregate")
    story.add_argument("id", type=UUID, help="of a booking, or of anything that has events")
    story.add_argument("--since", type=_moment, help="where the id does not tell when it was made")
    for command in commands:
        command.arguments(roles.add_parser(command.name, help=command.help))
    by = argparse.ArgumentParser(add_help=False)
    by.add_argument("--by", default=os.environ.get("USER", ""), help="who does it: kept with the act")
    replay = roles.add_parser("replay", parents=[by], help="try everything again that is parked")
    replay.add_argument("--key", default="", help="the messages of one aggregate alone")
    acts = roles.add_parser("parked", help="messages that are set aside").add_subparsers(
        dest="act", required=True
    )
    look = acts.add_parser("list", help="a page of them, oldest first")
    look.add_argument("--state", default="", choices=["", "waiting", "unknown", "failed"])
    look.add_argument("--after", type=int, default=0, help="the last id of the page before")
    look.add_argument("--limit", type=int, default=50)
    acts.add_parser("show", help="one, and what was done with it").add_argument("id", type=int)
    retry = acts.add_parser("retry", parents=[by], help="try one again, with all of its key, in order")
    retry.add_argument("id", type=int)
    discard = acts.add_parser("discard", parents=[by], help="one is to have no effect")
    discard.add_argument("id", type=int)
    discard.add_argument("--reason", required=True, help="why, without anybody's name: kept with the act")
    return parser


async def _must_fit(service: Service[Any], migrations: Path, *, patience: float) -> None:
    url, revisions = service.settings.database_url.get_secret_value(), Revisions.of(service.name, migrations)
    database = Database(url, name=f"wex-{service.name}-start", size=1)
    try:
        await must_fit(database, revisions, patience=patience)
    finally:
        await database.close()


def _collect_garbage_seldom() -> None:
    """What is loaded by now stays; looking through it every 700 objects was a fifth of a request's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def _a_rate(given: str) -> int:
    if (rate := int(given)) < 1:
        raise argparse.ArgumentTypeError("at least 1 a second")
    return rate


def _migrate(migrations: Path) -> None:
    # Migrating needs the owner's database URL and none of the service's other settings.
    url = os.environ.get("WEX_OWNER_DATABASE_URL")
    if not url:
        raise SystemExit("WEX_OWNER_DATABASE_URL is not set: migrations run as the owner role")
    upgrade(url, migrations)


def _moment(written: str) -> datetime:
    moment = datetime.fromisoformat(written)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("a moment has its offset from UTC, as in 2026-11-26T12:00:00Z")
    return moment
