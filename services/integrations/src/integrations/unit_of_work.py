"""One transaction of the service, with its repositories."""

from datetime import datetime
from uuid import UUID

from integrations.adapters.deliveries import DeliveryRepository
from integrations.adapters.repositories import EndpointRepository, RosterRepository
from integrations.application.ports import Deliveries, Endpoints, Rosters, Vault
from integrations.domain.deliveries import Schedule
from shared.bus.transaction import Transaction


class IntegrationsUnitOfWork:
    """What a handler works with."""

    def __init__(self, transaction: Transaction, vault: Vault, schedule: Schedule) -> None:
        self._transaction = transaction
        self.now = transaction.now
        self.today = transaction.today
        self.rosters: Rosters = RosterRepository(transaction)
        self.endpoints: Endpoints = EndpointRepository(transaction)
        self.deliveries: Deliveries = DeliveryRepository(transaction)
        self.vault = vault
        self.schedule = schedule

    async def wait_until(self, name: str, subject_id: UUID, tenant_id: UUID, due_at: datetime) -> None:
        await self._transaction.wait_until(name, subject_id, tenant_id, due_at)

    async def stop_waiting(self, name: str, subject_id: UUID) -> None:
        await self._transaction.stop_waiting(name, subject_id)
