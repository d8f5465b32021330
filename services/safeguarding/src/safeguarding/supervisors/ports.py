"""What the use cases of supervisors need from outside."""

from datetime import date
from typing import Protocol

from safeguarding.copies.ports import Reviews
from safeguarding.supervisors.commands import RecordSupervisor


class Supervisors(Protocol):
    """Stores what is known of adults who supervise."""

    async def save(self, supervisor: RecordSupervisor) -> None:
        """Store it in place of what was known before, once nobody decides about the adult."""
        ...


class SupervisorsUnitOfWork(Protocol):
    """One transaction, as far as supervisors are concerned."""

    today: date
    supervisors: Supervisors
    reviews: Reviews
