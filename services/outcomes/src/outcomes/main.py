"""Composition root: the service on one page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from outcomes.announcements import ANNOUNCEMENTS
from outcomes.counting import COUNTING
from outcomes.evidence import api as evidence
from outcomes.evidence.queries import EvidenceQueries
from outcomes.evidence.reads import EvidenceReads
from outcomes.frameworks import api as frameworks
from outcomes.frameworks.ports import Frameworks
from outcomes.frameworks.shipped import shipped_frameworks
from outcomes.frameworks.startup import publish_frameworks
from outcomes.ledger import api as ledger
from outcomes.ledger.ports import CountingRules
from outcomes.ledger.queries import LedgerQueries
from outcomes.ledger.reads import LedgerReads
from outcomes.ledger.rule_packs import shipped_rules
from outcomes.progress import api as progress
from outcomes.progress.queries import ProgressQueries
from outcomes.progress.reads import ProgressReads
from outcomes.settings import Settings
from outcomes.subscriptions import DEADLINES, SUBSCRIPTIONS
from outcomes.totals import api as totals
from outcomes.totals.queries import TotalsQueries
from outcomes.totals.reads import TotalsReads
from outcomes.totals.watch import DifferencesWatch
from outcomes.unit_of_work import OutcomesUnitOfWork
from shared.kernel import Clock
from shared.persistence.database import Database
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def compose(settings: Settings | None = None, clock: Clock | None = None) -> Service[OutcomesUnitOfWork]:
    """Frameworks, evidence of meaningfulness, and the ten-day ledger."""
    return Service(
        name="outcomes",
        title="Outcomes: frameworks, evidence and the ten-day ledger",
        settings=settings or Settings(),
        open_unit_of_work=OutcomesUnitOfWork,
        open_reads=open_reads,
        ports={Frameworks: shipped_frameworks(), CountingRules: shipped_rules()},
        routers=[
            frameworks.routes,
            evidence.routes,
            evidence.reflection_routes,
            progress.routes,
            ledger.routes,
            totals.routes,
        ],
        subscriptions=SUBSCRIPTIONS,
        deadlines=DEADLINES,
        announcements=ANNOUNCEMENTS,
        counting=COUNTING,
        tasks=[DifferencesWatch],
        at_start=publish_frameworks,
        clock=clock,
    )


def open_reads(database: Database) -> Mapping[Any, Any]:
    """What answers each protocol of queries."""
    return {
        EvidenceQueries: EvidenceReads(database),
        LedgerQueries: LedgerReads(database),
        ProgressQueries: ProgressReads(database),
        TotalsQueries: TotalsReads(database),
    }
