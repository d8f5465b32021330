"""What can be asked about the ledger: it is read as it was entered, never computed anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from outcomes.ledger.domain.totals import Totals


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An entry as it was made."""

    entry_id: UUID
    sequence: int
    kind: str
    on: date
    session_id: UUID
    opportunity_id: UUID
    booking_id: UUID
    key_stage: str | None
    minutes: int
    missing: Sequence[str]
    reason_codes: Sequence[str]
    rule_pack: str
    rule_version: str
    inputs: dict[str, Any]
    reverses: UUID | None
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """A learner's account: totals by key stage, and a page of its entries, newest first."""

    totals: dict[str, Totals]
    entries: Sequence[LedgerEntry]


@dataclass(frozen=True, slots=True)
class Assessed:
    """How one learner's day at a session is assessed at present."""

    learner_id: UUID
    on: date
    booking_id: UUID
    attended_minutes: int
    credited_minutes: int
    key_stage: str | None
    missing: Sequence[str]
    reason_codes: Sequence[str]


class LedgerQueries(Protocol):
    """Each acts for the one institution it names."""

    async def ledger(
        self, institution_id: UUID, learner_id: UUID, before: int | None, limit: int
    ) -> Ledger | None:
        """A learner's account as this institution sees it; None where the learner is not its."""
        ...

    async def assessment(
        self,
        institution_id: UUID,
        session_id: UUID,
        learner_id: UUID | None,
        after: tuple[UUID, date, UUID] | None,
        limit: int,
    ) -> Sequence[Assessed]:
        """The institution's learners at a session, day by day; or one learner alone."""
        ...
