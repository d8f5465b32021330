"""Composition root: the service on one page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from integrations.egress.client import Egress
from integrations.egress.ports import Destinations
from integrations.rosters import api as rosters
from integrations.rosters.handlers import RosterIntake
from integrations.rosters.queries import RosterQueries
from integrations.rosters.reads import RosterReads
from integrations.rosters.sealing import RowSealer
from integrations.settings import Settings
from integrations.subscriptions import DEADLINES, SUBSCRIPTIONS
from integrations.unit_of_work import IntegrationsUnitOfWork
from integrations.webhooks import api as webhooks
from integrations.webhooks.cipher import SecretCipher
from integrations.webhooks.dispatcher import Dispatcher
from integrations.webhooks.domain.delivery import Schedule
from integrations.webhooks.ports import Cipher
from integrations.webhooks.queries import WebhookQueries
from integrations.webhooks.reads import WebhookReads
from shared.kernel import Clock
from shared.persistence.database import Database
from shared.runtime import Service

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def compose(
    settings: Settings | None = None, clock: Clock | None = None, egress: Egress | None = None
) -> Service[IntegrationsUnitOfWork]:
    """Partners: rosters in, signed webhooks out."""
    settings = settings or Settings()
    cipher = SecretCipher(settings.keys)
    out = egress or Egress(allow_loopback=settings.allow_loopback_webhooks)
    schedule = Schedule(settings.retry_waits)
    intake = RosterIntake(RowSealer(settings.roster_public_key, settings.keys[0]))
    return Service(
        name="integrations",
        title="Partners: rosters in, signed webhooks out",
        settings=settings,
        open_unit_of_work=lambda transaction: IntegrationsUnitOfWork(transaction, cipher, schedule),
        open_reads=open_reads,
        ports={Destinations: out, Cipher: cipher, RosterIntake: intake},
        routers=[rosters.routes, webhooks.routes],
        subscriptions=SUBSCRIPTIONS,
        deadlines=DEADLINES,
        tasks=[lambda runtime: Dispatcher(runtime, out, cipher)],
        clock=clock,
    )


def open_reads(database: Database) -> Mapping[Any, Any]:
    """What answers each protocol of queries."""
    return {RosterQueries: RosterReads(database), WebhookQueries: WebhookReads(database)}
