"""Composition root: the service on one page."""

from pathlib import Path

from integrations.adapters.dispatcher import Dispatcher
from integrations.adapters.egress import Egress
from integrations.adapters.reads import PartnerReads
from integrations.adapters.sealing import RowSealer
from integrations.adapters.vault import SecretVault
from integrations.api import deliveries, endpoints, rosters
from integrations.application.desk import Desk
from integrations.application.ports import UnitOfWork
from integrations.application.rosters import Intake
from integrations.settings import Settings
from integrations.subscriptions import DEADLINES, SUBSCRIPTIONS
from integrations.unit_of_work import IntegrationsUnitOfWork
from shared.kernel import Clock
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def compose(
    settings: Settings | None = None, clock: Clock | None = None, egress: Egress | None = None
) -> Service[UnitOfWork]:
    """Partners: rosters in, signed webhooks out."""
    settings = settings or Settings()
    vault = SecretVault(settings.keys)
    intake = Intake(RowSealer(settings.roster_public_key, settings.keys[0]))
    out = egress or Egress(allow_loopback=settings.allow_loopback_webhooks)
    schedule = settings.schedule
    return Service(
        name="integrations",
        title="Partners: rosters in, signed webhooks out",
        settings=settings,
        open_unit_of_work=lambda transaction: IntegrationsUnitOfWork(transaction, vault, schedule),
        open_reads=lambda database: Desk(PartnerReads(database), intake, out, vault),
        routers=[rosters.routes, endpoints.routes, deliveries.routes],
        subscriptions=SUBSCRIPTIONS,
        deadlines=DEADLINES,
        tasks=[lambda runtime: Dispatcher(runtime, out, vault)],
        clock=clock,
    )
