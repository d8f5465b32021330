"""Seeds the demo on a platform that runs: a progress bar, then what there is and what to ask."""

from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from wex.demo.schools import prepare_example, seed_bookings, seed_schools
from wex.demo.seeding import Seeding
from wex.demo.supply import seed_supply, sessions_ahead
from wex.demo.world import World, read_world
from wex.environment import Addresses
from wex.folders import Folders
from wex.journey import roster
from wex.journey.clients import Clients, Persona, StepFailed


async def run(addresses: Addresses, folders: Folders, console: Console) -> int:
    """Seed and show; 0 when all of it is there, otherwise 1."""
    try:
        seeding = await seed(addresses, folders, console)
    except StepFailed as error:
        console.print(f"[bold red]the demo could not be made:[/] {escape(str(error))}")
        return 1
    _show(seeding, addresses, folders, console)
    return 0


async def seed(addresses: Addresses, folders: Folders, console: Console) -> Seeding:
    """Make what is missing of the demo's world; what came of it. Raises `StepFailed`."""
    world = read_world()
    bar = Progress(
        TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=console, transient=True,
    )  # fmt: skip
    clients = Clients(addresses.issuer, addresses.api)
    try:
        with bar:
            task = bar.add_task("the demo", total=_steps(world))
            hub = Persona("hub", "hub-of-the-demo")
            seeding = Seeding(clients, folders.clock, lambda: bar.advance(task), hub)
            await seed_supply(seeding, world)
            await seed_schools(seeding, world)
            await seed_bookings(seeding, world)
            await prepare_example(seeding, world.example)
    finally:
        await clients.close()
    _write_example(seeding, world, folders)
    return seeding


def _steps(world: World) -> int:
    return sum(len(each.offers) for each in world.providers) + len(world.schools) + len(world.bookings)


def example_file(folders: Folders) -> Path:
    """Where the names are kept that README.md's requests use."""
    return folders.state / "demo.env"


def roster_file(folders: Folders) -> Path:
    """A roster as the school's system would send it."""
    return folders.state / "demo-roster.zip"


def _write_example(seeding: Seeding, world: World, folders: Folders) -> None:
    school = next(each for each in world.schools if each.reference == world.example.school)
    provider = next(iter(seeding.providers.values()))
    names = {
        **seeding.example,
        "PROVIDER": provider["id"],
        "SCHOOL_YEAR": str(roster.school_year(seeding.today)),
    }
    example_file(folders).write_text("".join(f"{name}={value}\n" for name, value in names.items()))
    roster_file(folders).write_bytes(roster.packed(school.roster(seeding.today)))


def _show(seeding: Seeding, addresses: Addresses, folders: Folders, console: Console) -> None:
    ahead = [each for offer in seeding.offers.values() for each in sessions_ahead(offer, seeding.today)]
    published = [each for each in seeding.offers.values() if each["state"] != "withdrawn"]
    modes = Counter(each["mode"] for each in published)
    table = Table("", "how many", "of which", title="The demo")
    table.columns[1].justify = "right"
    table.add_row(
        "providers", str(len(seeding.providers)), f"{len({o['sector'] for o in published})} sectors"
    )
    table.add_row("offers", str(len(published)), _listed(modes))
    table.add_row("sessions ahead", str(len(ahead)), f"{sum(each['places'] for each in ahead)} places")
    learners = sum(len(each) for each in seeding.learners.values())
    table.add_row("schools", str(len(seeding.schools)), f"{learners} learners")
    table.add_row("bookings", str(seeding.bookings.total()), _listed(seeding.bookings))
    table.add_row("minutes credited", str(seeding.credited_minutes), f"the business day is {seeding.today}")
    console.print(table)
    search = f"{addresses.api('opportunities')}/v1/opportunities"
    console.print("Try, and see README.md, `Start here as`, for more:")
    for query in ("q=turbine&near=CH41%206DU&radius_km=10", "sector=digital-and-creative&year_group=9"):
        console.print(f"  curl '{search}?{query}'", highlight=False, soft_wrap=True)
    console.print(
        f"  . {example_file(folders)}  # SCHOOL, COHORT, SESSION, PROVIDER", highlight=False, soft_wrap=True
    )


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counted.most_common())
