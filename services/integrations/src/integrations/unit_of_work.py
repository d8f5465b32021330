"""One transaction of the service, with its repositories."""

from datetime import datetime
from uuid import UUID

from integrations.rosters.ports import Rosters
from integrations.rosters.repository import RosterRepository
from integrations.webhooks.domain.delivery import Schedule
from integrations.webhooks.ports import Cipher, Deliveries, Endpoints
from integrations.webhooks.repository import DeliveryRepository, EndpointRepository
from shared.bus.transaction import Transaction


class IntegrationsUnitOfWork:
    """What handlers work with; each asks for the part it needs by a protocol of its capability."""

    def __init__(self, transaction: Transaction, cipher: Cipher, schedule: Schedule) -> None:
        self._transaction = transaction
        self.now = transaction.now
        self.rosters: Rosters = RosterRepository(transaction)
        self.endpoints: Endpoints = EndpointRepository(transaction)
        self.deliveries: Deliveries = DeliveryRepository(transaction)
        self.cipher = cipher
        self.schedule = schedule

    async def wait_until(self, name: str, subject_id: UUID, tenant_id: UUID, due_at: datetime) -> None:
        await self._transaction.wait_until(name, subject_id, tenant_id, due_at)

    async def stop_waiting(self, name: str, subject_id: UUID) -> None:
        await self._transaction.stop_waiting(name, subject_id)
