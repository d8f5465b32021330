"""Composition root: the service on one page."""

from contextlib import suppress
from pathlib import Path

from outcomes.adapters.reads import OutcomesReads
from outcomes.adapters.rulebook import shipped_frameworks
from outcomes.api import evidence, frameworks, ledger, progress, reflections
from outcomes.application import handlers
from outcomes.application.commands import PublishFramework
from outcomes.application.ports import UnitOfWork
from outcomes.settings import Settings
from outcomes.subscriptions import DEADLINES, SUBSCRIPTIONS
from outcomes.unit_of_work import OutcomesUnitOfWork
from shared.bus.inbox import InFlight, Message
from shared.kernel import Clock
from shared.runtime import Runtime, Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def compose(settings: Settings | None = None, clock: Clock | None = None) -> Service[UnitOfWork]:
    """Frameworks, evidence of meaningfulness, and the ten-day ledger."""
    return Service(
        name="outcomes",
        title="Outcomes: frameworks, evidence and the ten-day ledger",
        settings=settings or Settings(),
        open_unit_of_work=OutcomesUnitOfWork,
        open_reads=OutcomesReads,
        routers=[
            frameworks.routes,
            evidence.routes,
            reflections.routes,
            progress.routes,
            ledger.routes,
        ],
        subscriptions=SUBSCRIPTIONS,
        deadlines=DEADLINES,
        at_start=publish_frameworks,
        clock=clock,
    )


async def publish_frameworks(runtime: Runtime[UnitOfWork]) -> None:
    """Tell the others which objectives there are: once per version, however often a worker starts."""
    for framework in shipped_frameworks().values():
        message = Message("framework", f"{framework.framework}@{framework.version}")
        # In flight: another worker that starts now is about to tell them.
        with suppress(InFlight):
            command = PublishFramework(framework.framework)
            await runtime.bus.execute(message, handlers.publish_framework, command)
