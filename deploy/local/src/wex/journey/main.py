"""Walks the journey: a progress line for each step, then a table of what happened."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table

from wex import waterfall
from wex.journey import agreeing, checks, credit, school, supply
from wex.journey.clients import Clients, StepFailed
from wex.journey.platforms import JourneyPlatform
from wex.journey.receiver import Receiver
from wex.journey.state import Step, Walk
from wex.ports import SERVICES

STEPS = [
    Step("1", "hub registers a provider with a site", "opportunities", "organisation.recorded", supply.register_provider),
    Step("2", "provider completes the checklist", "safeguarding", "assurance.granted", supply.assure_provider),
    Step("3", "provider publishes, search finds it", "opportunities", "opportunity.published", supply.publish_opportunity),
    Step("10a", "partner registers its webhook", "integrations", "", credit.subscribe_partner),
    Step("4", "school's MIS sends its roster", "integrations", "learner.recorded", school.send_roster),
    Step("5a", "cohort of 30 booked and cleared", "bookings", "booking.confirmed", school.book_first_cohort),
    Step("5b", "cohort of 31 refused", "bookings", "", school.refuse_larger_cohort),
    Step("5c", "cohort of 30 fills the session", "bookings", "booking.confirmed", school.book_second_cohort),
    Step("5d", "waiting learner promoted", "bookings", "booking.waitlisted", school.join_waiting_list),
    Step("5e", "an adult's check takes a clearance back", "safeguarding", "clearance.revoked", checks.revoke_and_grant),
    Step("6", "placement refused for Year 9", "bookings", "", school.refuse_placement),
    Step("7a", "attendance registered", "bookings", "attendance.recorded", school.attend),
    Step("7b", "feedback and reflections", "outcomes", "reflection.submitted", school.give_evidence),
    Step("8a", "minutes credited to the ledger", "outcomes", "ledger.credited", credit.credit_minutes),
    Step("8b", "progress report to the minute", "outcomes", "", credit.report_progress),
    Step("9", "a concern suspends the provider", "safeguarding", "assurance.suspended", credit.raise_concern),
    Step("10b", "partner heard, one delivered again", "integrations", "booking.suspended", credit.hear_webhooks),
    Step("11", "one trace from request to confirmed", "bookings", "", credit.see_trace),
    Step("12", "services agree on the day", "outcomes", "totals.counted_by_outcomes", agreeing.agree_on_the_day),
]  # fmt: skip


@dataclass(frozen=True)
class Walked:
    """A step that was walked: how long it took and what came of it."""

    step: Step
    milliseconds: float
    outcome: str
    failed: bool = False


Before = Callable[[Step, Walk], Awaitable[None]]


async def run(platform: JourneyPlatform, console: Console | None = None, before: Before | None = None) -> int:
    """Walk the journey on a platform that is up; 0 when every step held, otherwise 1.

    `before` is awaited before each step: there a test does what the world does to a platform.
    """
    console = console or Console()
    async with platform.receiving() as receiver:
        clients = platform.clients()
        try:
            walk, walked = await _walk_all(platform, clients, receiver, console, before)
        finally:
            await clients.close()
    _show(console, platform, walk, walked)
    failed = [each for each in walked if each.failed]
    for each in failed:
        console.print(f"[bold red]step {each.step.number} failed:[/] {each.step.title}: {each.outcome}")
    return 1 if failed else 0


async def _walk_all(
    platform: JourneyPlatform, clients: Clients, receiver: Receiver, console: Console, before: Before | None
) -> tuple[Walk, list[Walked]]:
    walk, walked = Walk(platform, clients, receiver), list[Walked]()
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description:<44}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), console=console, transient=True,
    )  # fmt: skip
    with bar:
        task = bar.add_task("the journey", total=len(STEPS))
        for step in STEPS:
            bar.update(task, description=f"{step.number:>3}  {step.title}")
            if before is not None:
                await before(step, walk)
            walked.append(await walk_step(step, walk))
            bar.advance(task)
            if walked[-1].failed:
                break
    return walk, walked


async def walk_step(step: Step, walk: Walk) -> Walked:
    """Walk one step; whatever goes wrong is its outcome."""
    began = time.perf_counter()
    try:
        outcome, failed = await step.walk(walk), False
    except (StepFailed, KeyError, LookupError, TypeError) as error:
        outcome, failed = f"{type(error).__name__}: {error}", True
    return Walked(step, (time.perf_counter() - began) * 1000, outcome, failed)


def _show(console: Console, platform: JourneyPlatform, walk: Walk, walked: list[Walked]) -> None:
    table = Table("", "what happened", "ms", "outcome", title="The journey", expand=True)
    table.columns[2].justify = "right"
    for each in walked:
        where = each.step.service + (f" · {each.step.event}" if each.step.event else "")
        table.add_row(
            each.step.number,
            f"{each.step.title}\n[dim]{where}[/]",
            f"{each.milliseconds:,.0f}",
            f"[red]{escape(each.outcome)}" if each.failed else escape(each.outcome),
        )
    if spans := walk.facts.get("spans"):
        console.print(waterfall.waterfall(_brief(spans)))
    console.print(table)
    addresses = Table("service", "API", "documentation", box=None)
    for service in SERVICES:
        addresses.add_row(service, platform.api(service), f"{platform.api(service)}/docs")
    console.print(addresses)


def _brief(spans: list[Any]) -> list[Any]:
    """Commands and messages; the single SQL statements are in `wex trace`."""
    kept = [span for span in spans if span.name.startswith(("execute ", "process ", "POST "))]
    return kept or spans
