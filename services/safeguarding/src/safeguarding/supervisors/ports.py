"""What the use cases of supervisors need from outside."""

from collections.abc import Collection
from datetime import date
from typing import Protocol

from safeguarding.copies.ports import Reviews
from safeguarding.supervisors.commands import RecordSupervisor


class Supervisors(Protocol):
    """Stores what is known of adults who supervise."""

    async def save(self, supervisor: RecordSupervisor) -> None:
        """Store it in place of what was known before, once nobody decides about the adult."""
        ...


class Grounds(Protocol):
    """The grounds on which the rules accept that an adult needs no check."""

    def on(self, day: date) -> Collection[str]:
        """Those in force on a day, as codes."""
        ...


class SupervisorsUnitOfWork(Protocol):
    """One transaction, as far as supervisors are concerned."""

    today: date
    supervisors: Supervisors
    grounds: Grounds
    reviews: Reviews
