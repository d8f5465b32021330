"""Waits of the example service: what its sweeper and its deadlines are tried with."""

from datetime import UTC, datetime
from uuid import UUID

from shared.bus.inbox import Message
from shared.kernel import new_id
from tests.shared.example_service import ExampleService, ExampleUnitOfWork

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


async def wait_until(
    example: ExampleService, due_at: datetime, subject: UUID | None = None, name: str = "overdue"
) -> UUID:
    """Have a deadline of this name met for the subject, a new one unless it is given; the subject."""
    subject = subject or new_id()

    async def wait(_: None, uow: ExampleUnitOfWork) -> None:
        await uow.transaction.wait_until(name, subject, new_id(), due_at)

    await example.bus.execute(Message("test", str(new_id())), wait, None)
    return subject
