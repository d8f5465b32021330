"""Composition root: the service on one page."""

from pathlib import Path

from safeguarding.adapters.reads import SafeguardingReads
from safeguarding.adapters.work import SafeguardingWork
from safeguarding.api import assurances, checklists, clearances, concerns, supervisors
from safeguarding.application.ports import Work
from safeguarding.consumers.subscriptions import DEADLINES, SUBSCRIPTIONS
from safeguarding.settings import Settings
from shared.kernel import Clock
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def compose(settings: Settings | None = None, clock: Clock | None = None) -> Service[Work]:
    """Checklists, provider passports, clearances and concerns."""
    return Service(
        name="safeguarding",
        title="Safeguarding",
        settings=settings or Settings(),
        open_work=SafeguardingWork,
        open_reads=SafeguardingReads,
        routers=[
            checklists.routes,
            assurances.routes,
            supervisors.routes,
            clearances.routes,
            concerns.routes,
        ],
        subscriptions=SUBSCRIPTIONS,
        deadlines=DEADLINES,
        clock=clock,
    )
