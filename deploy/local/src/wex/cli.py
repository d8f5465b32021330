"""The command line `wex`."""

import asyncio
import contextlib
import json
import shutil
import time
import urllib.parse
import urllib.request
from enum import StrEnum, auto
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from wex import disk, folders, health, logs, operating, personas, records
from wex.ending import fail
from wex.environment import read_addresses
from wex.processes import ProcessError

app = typer.Typer(help="The whole platform on one machine.", no_args_is_help=True, add_completion=False)
seeds = typer.Typer(help="Make data on the platform that runs.", no_args_is_help=True)
app.add_typer(seeds, name="seed")
app.add_typer(operating.app)
console = Console()

_STOP_GRACE = 30
_MEGABYTES_NEEDED = 500


class Against(StrEnum):
    """Which platform the journey is walked on."""

    own = auto()
    compose = auto()


@app.command()
def up(
    journey: Annotated[bool, typer.Option("--journey", help="Walk the journey once all is up.")] = False,
    once: Annotated[bool, typer.Option("--once", help="End with the journey's exit code.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Stay up although a process has died.")] = False,
    show_logs: Annotated[bool, typer.Option("--logs/--no-logs", help="Print the processes' logs.")] = True,
    usual_ports: Annotated[bool, typer.Option(help="Use the usual ports where they are free.")] = True,
) -> None:
    """Start the platform and keep it up until Ctrl-C."""
    from wex.up import UpOptions, run  # noqa: PLC0415 - what only this command needs is slow to import

    options = UpOptions(
        journey=journey or once,
        once=once,
        keep=keep,
        show_logs=show_logs and not journey,
        usual_ports=usual_ports,
    )
    try:
        code = asyncio.run(run(folders.usual(), options, console))
    except Exception as error:
        full = disk.shortage(_MEGABYTES_NEEDED, folders.usual().state, folders.cache())
        if not (full or isinstance(error, (ProcessError, OSError))):
            raise
        fail(f"{error}\n{full}".strip())
    raise typer.Exit(code)


@app.command()
def down() -> None:
    """End the platform, also what a crash has left behind."""
    ended = _down()
    console.print(f"ended: {', '.join(ended)}" if ended else "nothing was running")


@app.command()
def status() -> None:
    """Show the processes."""
    table = Table("process", "pid", "port", "ready", "uptime", "memory", box=None)
    for record in records.read(folders.usual().run):
        if process := record.process():
            family = [process] if record.port is None else [process, *process.children(recursive=True)]
            memory = sum(one.memory_info().rss for one in family)
            ready = asyncio.run(_ready(record))
            table.add_row(
                record.name,
                str(record.pid),
                str(record.port or ""),
                {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[ready],
                f"{time.time() - process.create_time():.0f} s",
                f"{memory / 1e6:.0f} MB",
            )
    if not table.row_count:
        console.print("nothing is running")
        raise typer.Exit(3)
    console.print(table)


@app.command("logs")
def show_logs(
    name: Annotated[str | None, typer.Argument(help="A process, or the beginning of its name.")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on showing new lines.")] = False,
    lines: Annotated[int, typer.Option("-n", help="How many of the last lines.")] = 50,
) -> None:
    """Print the processes' logs."""
    folder = folders.usual().logs
    logs.show_last(console, folder, logs.names(folder, name), lines)
    if follow:
        asyncio.run(logs.follow(console, folder, name))


@app.command()
def reset() -> None:
    """End the platform and delete its data."""
    from wex.postgres_folders import remove_data  # noqa: PLC0415

    _down()
    remove_data(folders.usual().data / "postgres")
    shutil.rmtree(folders.usual().data, ignore_errors=True)
    console.print("data deleted")


@app.command()
def journey(
    against: Annotated[
        Against, typer.Option(help="A platform of its own, or compose's containers.")
    ] = Against.own,
) -> None:
    """Walk the journey and end with its exit code."""
    if against is Against.own:
        up(journey=True, once=True)
        return
    from wex.journey import main  # noqa: PLC0415
    from wex.journey.compose import ComposePlatform  # noqa: PLC0415

    try:
        code = asyncio.run(main.run(ComposePlatform(), console))
    except OSError as error:
        fail(f"compose's platform cannot be used: {error}")
    raise typer.Exit(code)


@seeds.command("demo")
def seed_demo() -> None:
    """Fictional providers, offers, schools and bookings; what is there already is left as it is."""
    from wex.demo.main import run  # noqa: PLC0415

    addresses = read_addresses(folders.usual())
    if addresses is None or not asyncio.run(health.is_ready(addresses.ports["opportunities-api"])):
        fail("no platform runs here: `wex up` first")
    raise typer.Exit(asyncio.run(run(addresses, folders.usual(), console)))


@app.command()
def token(
    as_: Annotated[str, typer.Option("--as", help=f"One of {', '.join(personas.SCOPES)}.")],
    service: Annotated[str, typer.Option(help="For which service.")],
    organisation: Annotated[str | None, typer.Option(help="The organisation's UUID.")] = None,
    acting_for: Annotated[str | None, typer.Option(help="UUIDs, separated by spaces.")] = None,
    learner: Annotated[str | None, typer.Option(help="The learner's UUID.")] = None,
) -> None:
    """Print an access token of the development issuer."""
    try:
        scope = personas.scopes_of(as_, service)
    except KeyError as missing:
        fail(f"{missing} is not in the table of personas and services: {', '.join(personas.SCOPES)}")
    form = {
        "client_id": f"local-{as_}",
        "audience": personas.audience_of(service),
        "scope": scope,
        "organisation": organisation,
        "acting_for": acting_for,
        "learner_id": learner,
    }
    body = urllib.parse.urlencode({name: value for name, value in form.items() if value}).encode()
    addresses = read_addresses(folders.usual())
    if addresses is None:
        fail("no platform has been started here: `wex up` first")
    try:
        with urllib.request.urlopen(f"{addresses.issuer}/token", body, timeout=5) as answer:  # noqa: S310
            typer.echo(json.load(answer)["access_token"])
    except OSError as error:
        fail(f"the development issuer does not answer at {addresses.issuer}: {error}")


@app.command()
def trace(
    trace_id: Annotated[str | None, typer.Argument(help="The beginning of a trace's id.")] = None,
) -> None:
    """Show one trace as a waterfall: by default the newest through more than two services."""
    from wex import waterfall  # noqa: PLC0415
    from wex.traces import SpanFile  # noqa: PLC0415

    kept = SpanFile(folders.usual().traces).read()
    spans = waterfall.spans_of(kept, trace_id) if trace_id else waterfall.choose_trace(kept)
    if not spans:
        fail("no such trace has been received")
    console.print(waterfall.waterfall(spans))


@app.command()
def top(
    once: Annotated[bool, typer.Option("--once", help="Print one page and end.")] = False,
) -> None:
    """Show what every service does now, refreshed each second."""
    from wex import top as figures  # noqa: PLC0415

    addresses = read_addresses(folders.usual())
    with contextlib.suppress(KeyboardInterrupt):
        if addresses and asyncio.run(figures.run(addresses, console, once=once)):
            return
        console.print("nothing is running")
        raise typer.Exit(3)


def _down() -> list[str]:
    run = folders.usual().run
    supervisors = [record for record in records.read(run) if record.name == "supervisor"]
    ended = [record.name for record in supervisors if records.end(record, _STOP_GRACE)]
    return ended + records.end_all(run)


async def _ready(record: records.Record) -> bool | None:
    from wex.postgres import Postgres  # noqa: PLC0415

    if record.port is None:
        return None
    if record.name == "postgres":
        return await Postgres(folders.usual().data / "postgres", folders.usual().logs, record.port).is_ready()
    if record.name == "kafka":
        from wex.kafka import cluster_id  # noqa: PLC0415

        return await cluster_id(f"127.0.0.1:{record.port}") is not None
    return await health.serves(record.pid, record.port)


if __name__ == "__main__":
    app()
