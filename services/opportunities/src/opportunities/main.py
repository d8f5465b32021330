"""Composition root: the service on one page."""

from pathlib import Path

from opportunities.adapters.reads import RegisterReads
from opportunities.adapters.reference import OfferRulebook
from opportunities.api import opportunities as own_opportunities
from opportunities.api import search, sessions
from opportunities.application.queries import Register
from opportunities.areas import api as areas
from opportunities.areas.postcodes import Postcodes
from opportunities.areas.queries import AreaQueries
from opportunities.areas.reads import AreaReads
from opportunities.areas.reference import read_areas
from opportunities.directory import api as directory
from opportunities.directory.hubs import appoint_hubs
from opportunities.directory.queries import DirectoryQueries
from opportunities.directory.reads import DirectoryReads
from opportunities.settings import Settings
from opportunities.subscriptions import DEADLINES, SUBSCRIPTIONS
from opportunities.unit_of_work import OpportunitiesUnitOfWork
from shared.kernel import Clock
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def compose(settings: Settings | None = None, clock: Clock | None = None) -> Service[OpportunitiesUnitOfWork]:
    """The national register of organisations, opportunities and sessions."""
    known_areas, rulebook = read_areas(), OfferRulebook()
    area_reads = AreaReads(known_areas, Postcodes())
    return Service(
        name="opportunities",
        title="National opportunity register",
        settings=settings or Settings(),
        open_unit_of_work=lambda transaction: OpportunitiesUnitOfWork(transaction, known_areas, rulebook),
        open_reads=lambda database: {
            AreaQueries: area_reads,
            DirectoryQueries: DirectoryReads(database),
            Register: RegisterReads(database),
        },
        routers=[
            areas.routes,
            directory.routes,
            search.routes,
            own_opportunities.routes,
            sessions.routes,
        ],
        subscriptions=SUBSCRIPTIONS,
        deadlines=DEADLINES,
        at_start=lambda runtime: appoint_hubs(runtime, known_areas),
        clock=clock,
    )
