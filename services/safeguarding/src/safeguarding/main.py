"""Composition root: the service on one page."""

from pathlib import Path

from safeguarding.adapters.reads import SafeguardingReads
from safeguarding.api import assurances, checklists, clearances, concerns
from safeguarding.application.ports import UnitOfWork
from safeguarding.settings import Settings
from safeguarding.subscriptions import DEADLINES, SUBSCRIPTIONS
from safeguarding.supervisors import api as supervisors
from safeguarding.unit_of_work import SafeguardingUnitOfWork
from shared.kernel import Clock
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def compose(settings: Settings | None = None, clock: Clock | None = None) -> Service[UnitOfWork]:
    """Checklists, provider passports, clearances and concerns."""
    return Service(
        name="safeguarding",
        title="Safeguarding",
        settings=settings or Settings(),
        open_unit_of_work=SafeguardingUnitOfWork,
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
