"""What the use cases of rosters need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from integrations.rosters.domain.inspection import Learner
from integrations.rosters.domain.roster import Roster, SealedRow


class Rosters(Protocol):
    """Keeps rosters."""

    async def next_number(self, institution_id: UUID) -> int:
        """The number of the institution's next roster; until this commits no other gets one."""
        ...

    async def save(self, roster: Roster) -> None:
        """Keep it, and publish its rows."""
        ...


class Sealer(Protocol):
    """Seals rows so that `bookings` alone can open them."""

    def seal(self, institution_id: UUID, learners: Sequence[Learner]) -> tuple[SealedRow, ...]: ...


class RostersUnitOfWork(Protocol):
    """One transaction, as far as rosters are concerned."""

    now: datetime
    rosters: Rosters
