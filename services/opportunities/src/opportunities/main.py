"""Composition root: the service on one page."""

from pathlib import Path

from opportunities.adapters.work import RegisterWork
from opportunities.api import organisations
from opportunities.application.ports import Work
from opportunities.settings import Settings
from shared.kernel import Clock
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def compose(settings: Settings | None = None, clock: Clock | None = None) -> Service[Work]:
    """The national register of organisations, opportunities and sessions."""
    return Service(
        name="opportunities",
        title="National opportunity register",
        settings=settings or Settings(),
        open_work=RegisterWork,
        routers=[organisations.routes],
        clock=clock,
    )
