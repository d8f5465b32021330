"""The commands of an operator: what a service, or each, is asked beside its processes."""

from typing import Annotated, NoReturn

import typer

from wex import folders
from wex.ending import fail

app = typer.Typer()
parked = typer.Typer(help="Messages that a service has set aside.", no_args_is_help=True)
app.add_typer(parked, name="parked")

_Whose = Annotated[str, typer.Argument(help="Which service's.")]
_Id = Annotated[int, typer.Argument(help="Its number in the list.")]
_By = Annotated[str | None, typer.Option(help="Who does it: kept with the act.")]


@app.command()
def announce(
    service: Annotated[str, typer.Argument(help="Whose state.")],
    what: Annotated[str, typer.Option(help="The kind of state, as the service names it.")],
    since: Annotated[str | None, typer.Option(help="A day: not what was over before.")] = None,
    rate: Annotated[int, typer.Option(help="Aggregates a second.", min=1)] = 500,
) -> None:
    """Have a service publish its present state again, for whoever lost a copy of it."""
    _ask(service, "announce", "--what", what, "--rate", str(rate), *(["--since", since] if since else []))


@app.command()
def story(
    aggregate: Annotated[str, typer.Argument(help="A booking's id, or that of anything that has events.")],
    since: Annotated[
        str | None,
        typer.Option(help="A moment with its offset, where the id does not tell its age."),
    ] = None,
) -> None:
    """Show what every service said and heard of one booking, in the order of time."""
    from wex.stories import tell  # noqa: PLC0415

    lines, failed = tell(folders.usual(), aggregate, since)
    if failed:
        fail(failed)
    if not lines:
        fail("no service has said or heard anything of it")
    for line in lines:
        typer.echo(line)


@app.command()
def rewind(
    service: Annotated[str, typer.Argument(help="Which service is to hear again.")],
    since: Annotated[str, typer.Option(help="The moment, with its offset from UTC.")],
    key: Annotated[str, typer.Option(help="Of one aggregate alone.")] = "",
    type_: Annotated[str, typer.Option("--type", help="Of one type of event alone.")] = "",
) -> None:
    """Have a service hear again what the log keeps; nothing has its effect twice."""
    _ask(service, "rewind", "--since", since, "--key", key, "--type", type_)


@parked.command("list")
def list_parked(
    service: _Whose,
    state: Annotated[str, typer.Option(help="Only waiting, unknown or failed ones.")] = "",
    after: Annotated[int, typer.Option(help="The last id of the page before.")] = 0,
) -> None:
    """Show a page of what a service has set aside, oldest first."""
    _ask(service, "parked", "list", "--state", state, "--after", str(after))


@parked.command()
def show(service: _Whose, parked_id: _Id) -> None:
    """Show one, what it stands behind, and what was done with it."""
    _ask(service, "parked", "show", str(parked_id))


@parked.command()
def retry(service: _Whose, parked_id: _Id, by: _By = None) -> None:
    """Have one tried again, with all that is set aside of its key, in order."""
    _ask(service, "parked", "retry", str(parked_id), *_by(by))


@parked.command()
def discard(
    service: _Whose,
    parked_id: _Id,
    reason: Annotated[str, typer.Option(help="Why, without anybody's name: kept with the act.")],
    by: _By = None,
) -> None:
    """Let one have no effect; what stands behind it goes on."""
    _ask(service, "parked", "discard", str(parked_id), "--reason", reason, *_by(by))


def _ask(service: str, *options: str) -> NoReturn:
    """Run one more process of a service, with these arguments, and end as it ends."""
    from wex.commands import ask_service  # noqa: PLC0415

    finished = ask_service(folders.usual(), service, *options)
    if finished is None:
        fail("no platform has been started here: `wex up` first")
    raise typer.Exit(finished.returncode)


def _by(name: str | None) -> list[str]:
    return ["--by", name] if name else []
