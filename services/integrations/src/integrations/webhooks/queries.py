"""What can be asked about webhook endpoints and their deliveries."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID


class WebhookQueries(Protocol):
    """An organisation's endpoints; lists are newest first, with one row more than `limit` if there is one."""

    async def endpoints(self, organisation_id: UUID, before: UUID | None, limit: int) -> Sequence[Any]: ...

    async def endpoint(self, organisation_id: UUID, endpoint_id: UUID) -> Any:
        """Raises `NotFound`."""
        ...

    async def deliveries(
        self, organisation_id: UUID, endpoint_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[Any]:
        """Raises `NotFound` where there is no such endpoint."""
        ...
