"""Composition root: the service on one page."""

from pathlib import Path

from opportunities.adapters.postcodes import Postcodes
from opportunities.adapters.reads import RegisterReads
from opportunities.adapters.reference import OfferRulebook, read_areas
from opportunities.api import areas, organisations, search, sessions
from opportunities.api import opportunities as own_opportunities
from opportunities.application.ports import UnitOfWork
from opportunities.consumers.start import appoint_hubs
from opportunities.settings import Settings
from opportunities.subscriptions import DEADLINES, SUBSCRIPTIONS
from opportunities.unit_of_work import OpportunitiesUnitOfWork
from shared.kernel import Clock
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def compose(settings: Settings | None = None, clock: Clock | None = None) -> Service[UnitOfWork]:
    """The national register of organisations, opportunities and sessions."""
    known_areas, rulebook, postcodes = read_areas(), OfferRulebook(), Postcodes()
    return Service(
        name="opportunities",
        title="National opportunity register",
        settings=settings or Settings(),
        open_unit_of_work=lambda transaction: OpportunitiesUnitOfWork(transaction, known_areas, rulebook),
        open_reads=lambda database: RegisterReads(database, known_areas, postcodes),
        routers=[
            areas.routes,
            organisations.routes,
            search.routes,
            own_opportunities.routes,
            sessions.routes,
        ],
        subscriptions=SUBSCRIPTIONS,
        deadlines=DEADLINES,
        at_start=lambda runtime: appoint_hubs(runtime, known_areas),
        clock=clock,
    )
