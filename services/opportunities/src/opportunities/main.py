"""Composition root: the service on one page."""

from pathlib import Path

from opportunities.announcements import ANNOUNCEMENTS
from opportunities.areas import api as areas
from opportunities.areas.postcodes import Postcodes
from opportunities.areas.queries import AreaQueries
from opportunities.areas.reads import AreaReads
from opportunities.areas.reference import read_areas
from opportunities.counting import COUNTING
from opportunities.directory import api as directory
from opportunities.directory.hubs import appoint_hubs
from opportunities.directory.queries import DirectoryQueries
from opportunities.directory.reads import DirectoryReads
from opportunities.directory.restoring import OWN_EVENTS as ORGANISATIONS_SAID
from opportunities.offers.api import opportunities, sessions
from opportunities.offers.queries import OfferQueries
from opportunities.offers.reads import OfferReads
from opportunities.offers.restoring import own_events as offers_said
from opportunities.offers.rule_packs import OfferRulePacks
from opportunities.search import api as search
from opportunities.search.queries import SearchQueries
from opportunities.search.reads import SearchReads
from opportunities.settings import Settings
from opportunities.subscriptions import DEADLINES, SUBSCRIPTIONS
from opportunities.unit_of_work import OpportunitiesUnitOfWork
from shared.kernel import Clock
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def compose(settings: Settings | None = None, clock: Clock | None = None) -> Service[OpportunitiesUnitOfWork]:
    """The national directory of organisations, what they offer, and the search for it."""
    known_areas, rule_packs, postcodes = read_areas(), OfferRulePacks(), Postcodes()
    return Service(
        name="opportunities",
        title="National opportunity register",
        settings=settings or Settings(),
        open_unit_of_work=lambda transaction: OpportunitiesUnitOfWork(transaction, known_areas, rule_packs),
        open_reads=lambda database: {
            AreaQueries: AreaReads(known_areas, postcodes),
            DirectoryQueries: DirectoryReads(database),
            OfferQueries: OfferReads(database),
            SearchQueries: SearchReads(database),
        },
        routers=[
            areas.routes,
            directory.routes,
            search.routes,
            opportunities.routes,
            sessions.routes,
        ],
        subscriptions=SUBSCRIPTIONS,
        deadlines=DEADLINES,
        announcements=ANNOUNCEMENTS,
        counting=COUNTING,
        own_events=[*ORGANISATIONS_SAID, *offers_said(known_areas)],
        at_start=lambda runtime: appoint_hubs(runtime, known_areas),
        clock=clock,
    )
