"""What the use cases need from the outside, by its role."""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from opportunities.domain.organisations import Organisation


class Organisations(Protocol):
    """Keeps organisations."""

    async def get(self, organisation_id: UUID) -> Organisation:
        """The organisation. Raises `NotFound`."""
        ...

    async def save(self, organisation: Organisation) -> None:
        """Keep it, and say what happened to it."""
        ...


class Work(Protocol):
    """One transaction of the register."""

    now: datetime
    today: date
    organisations: Organisations
