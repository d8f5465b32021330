"""Composition root: the service on one page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safeguarding.announcements import ANNOUNCEMENTS
from safeguarding.assurances import api as assurances
from safeguarding.assurances.queries import AssuranceQueries, ChecklistQueries
from safeguarding.assurances.reads import AssuranceReads, ChecklistReads
from safeguarding.assurances.restoring import OWN_EVENTS
from safeguarding.assurances.rule_packs import ChecklistPacks
from safeguarding.clearances import api as clearances
from safeguarding.clearances.queries import ClearanceQueries
from safeguarding.clearances.reads import ClearanceReads
from safeguarding.clearances.rule_packs import ClearanceRulePacks
from safeguarding.concerns import api as concerns
from safeguarding.concerns.queries import CategoryQueries
from safeguarding.concerns.reads import CategoryReads
from safeguarding.concerns.rule_packs import CategoryPacks
from safeguarding.counting import COUNTING
from safeguarding.settings import Settings
from safeguarding.subscriptions import DEADLINES, SUBSCRIPTIONS
from safeguarding.supervisors import api as supervisors
from safeguarding.supervisors.rule_packs import GroundPacks
from safeguarding.unit_of_work import Rules, SafeguardingUnitOfWork
from shared.kernel import Clock, OffsetClock
from shared.persistence.database import Database
from shared.rulepacks import RulePacks
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"
RULES = Path(__file__).parent / "rules"


def compose(settings: Settings | None = None, clock: Clock | None = None) -> Service[SafeguardingUnitOfWork]:
    """Checklists, provider passports, clearances and concerns."""
    settings = settings or Settings()
    clock = clock or OffsetClock(settings.clock_file)
    packs = RulePacks(RULES)
    rules = Rules(ChecklistPacks(packs), ClearanceRulePacks(packs), CategoryPacks(packs), GroundPacks(packs))

    def open_reads(database: Database) -> Mapping[Any, Any]:
        return {
            ChecklistQueries: ChecklistReads(rules.checklists, clock),
            AssuranceQueries: AssuranceReads(database),
            ClearanceQueries: ClearanceReads(database),
            CategoryQueries: CategoryReads(rules.categories, clock),
        }

    return Service(
        name="safeguarding",
        title="Safeguarding",
        settings=settings,
        open_unit_of_work=lambda transaction: SafeguardingUnitOfWork(transaction, rules),
        open_reads=open_reads,
        routers=[
            assurances.checklist_routes,
            assurances.assurance_routes,
            supervisors.routes,
            clearances.routes,
            concerns.routes,
        ],
        subscriptions=SUBSCRIPTIONS,
        deadlines=DEADLINES,
        announcements=ANNOUNCEMENTS,
        counting=COUNTING,
        own_events=OWN_EVENTS,
        clock=clock,
    )
