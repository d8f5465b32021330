"""Learners: who they are is kept here alone; others know a pseudonym and what reports need."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from shared.kernel import Aggregate, Invalid


class LearnerUnknown(Invalid):
    """A learner is not on the institution's roll."""

    slug = "learner-not-known"
    title = "A learner is not on the institution's roll"


class RowUnreadable(Exception):  # noqa: N818 - the row is at fault, not the code
    """A roster's row cannot be opened or does not have the form agreed; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One learner as the school's management information system describes them."""

    source_id: str = field(repr=False)
    upn: str | None = field(repr=False)
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    year_group: int
    priority_flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeavingRow:
    """A learner whom the school's system deletes: its own id is enough."""

    source_id: str = field(repr=False)
    upn: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class LearnerRecorded:
    """A learner is on the roll, or what others know of a learner has changed."""

    learner_id: UUID
    institution_id: UUID
    year_group: int
    priority_flags: tuple[str, ...]
    on_roll: bool


@dataclass(frozen=True, slots=True)
class LearnerErased:
    """A learner is forgotten here, and everywhere the pseudonym went."""

    learner_id: UUID
    institution_id: UUID


@dataclass(slots=True)
class Learner(Aggregate):
    """A learner on an institution's roll."""

    learner_id: UUID
    institution_id: UUID
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    year_group: int
    priority_flags: tuple[str, ...]
    on_roll: bool
    sequence: int
    received_at: datetime

    @classmethod
    def from_row(
        cls, row: RosterRow, learner_id: UUID, institution_id: UUID, sequence: int, received_at: datetime
    ) -> "Learner":
        """The learner a row of a roster describes."""
        learner = cls(
            learner_id,
            institution_id,
            row.given_name,
            row.family_name,
            row.birth_date,
            row.year_group,
            _sorted(row.priority_flags),
            True,
            sequence,
            received_at,
        )
        learner.record(learner.published_facts)
        return learner

    @property
    def published_facts(self) -> LearnerRecorded:
        """What other services know of the learner: only a change in this is worth an event."""
        return LearnerRecorded(
            self.learner_id, self.institution_id, self.year_group, self.priority_flags, self.on_roll
        )

    def update(self, row: RosterRow, sequence: int, received_at: datetime) -> None:
        """Take over what a row says, unless it is of an earlier roster than the last."""
        if sequence < self.sequence:
            return
        published = self.published_facts
        self.on_roll = True
        self.given_name, self.family_name = row.given_name, row.family_name
        self.birth_date, self.year_group = row.birth_date, row.year_group
        self.priority_flags = _sorted(row.priority_flags)
        self.sequence, self.received_at = sequence, received_at
        if self.published_facts != published:
            self.record(self.published_facts)

    def leave(self, sequence: int, received_at: datetime) -> None:
        """The learner is not on the roll any more, unless a later roster than this has said otherwise."""
        if sequence < self.sequence:
            return
        self.sequence, self.received_at = sequence, received_at
        if self.on_roll:
            self.on_roll = False
            self.record(self.published_facts)


@dataclass(frozen=True, slots=True)
class CohortRelabelled:
    """A cohort has another label; the label is free text and stays here."""

    cohort_id: UUID
    institution_id: UUID


@dataclass(slots=True)
class Cohort(Aggregate):
    """Learners put together under a label, to be booked together."""

    cohort_id: UUID
    institution_id: UUID
    label: str
    learner_ids: tuple[UUID, ...]

    def relabel(self, label: str) -> None:
        """Give the cohort another label; the same one changes nothing."""
        if label != self.label:
            self.label = label
            self.record(CohortRelabelled(self.cohort_id, self.institution_id))


def pseudonym(secret: bytes, institution_id: UUID, source_id: str, upn: str | None) -> UUID:
    """A learner's id: a keyed digest of the UPN, which stays when the pupil moves school.

    Without a UPN it is one of the school's own id. The id is a UUID of version 8 (RFC 9562);
    nobody without the secret can go from a UPN to it.
    """
    normalised = (upn or "").replace(" ", "").upper()
    identity = f"upn:{normalised}" if normalised else f"source:{institution_id}:{source_id}"
    digest = hmac.digest(secret, identity.encode(), hashlib.sha256)
    number = int.from_bytes(digest[:16], "big")
    number = number & ~(0xF << 76) | 0x8 << 76
    return UUID(int=number & ~(0x3 << 62) | 0x2 << 62)


def _sorted(flags: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(flags)))
