"""Rosters: what a school's system sent, kept as counts and faults; its rows leave sealed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.kernel import Aggregate

FAULTS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: where and which rule, never what was in it."""

    row: int
    file: str
    column: str
    code: str


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """How many rows are of nobody this platform is for, and why."""

    code: str
    rows: int


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A learner's row that only `bookings` can open; `key` keeps one learner's rows in order."""

    row: int
    key: str
    sealed: str


@dataclass(frozen=True, slots=True)
class RosterReceived:
    """A roster was read, and these are its learners, sealed."""

    roster_id: UUID
    institution_id: UUID
    number: int
    kind: str
    rows: int
    rejected_rows: int
    learners: tuple[SealedRow, ...]


@dataclass(slots=True)
class Roster(Aggregate):
    """One delivery of a school's learners. `number` counts the school's rosters, from 1."""

    id: UUID
    institution_id: UUID
    number: int
    kind: str
    rows: int
    accepted: int
    rejected: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    out_of_scope: tuple[OutOfScope, ...]
    received_at: datetime

    @classmethod
    def receive(
        cls,
        roster_id: UUID,
        institution_id: UUID,
        number: int,
        kind: str,
        rows: int,
        sealed: tuple[SealedRow, ...],
        faults: tuple[Fault, ...],
        warnings: tuple[Fault, ...],
        out_of_scope: tuple[OutOfScope, ...],
        now: datetime,
    ) -> "Roster":
        """Take in a roster that was read; of its faults and warnings the first hundred are kept."""
        roster = cls(
            roster_id,
            institution_id,
            number,
            kind,
            rows,
            len(sealed),
            faults[:FAULTS_KEPT],
            warnings[:FAULTS_KEPT],
            out_of_scope,
            now,
        )
        rejected_rows = rows - len(sealed)
        roster.record(RosterReceived(roster_id, institution_id, number, kind, rows, rejected_rows, sealed))
        return roster
