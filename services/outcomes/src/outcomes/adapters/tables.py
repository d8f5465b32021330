"""The tables of `outcomes`; constraints and row-level security are in the migrations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Column, LargeBinary, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.persistence.tables import instant


def table_of(row: type[SQLModel]) -> Table:
    """The table behind a row: bulk statements go to it directly."""
    return Row.metadata.tables[str(row.__tablename__)]


def _texts() -> Any:
    return Column(ARRAY(Text), nullable=False)


def _small(*, nullable: bool = False) -> Any:
    return Column(SmallInteger, nullable=nullable)


def _sequence() -> Any:
    return Column(BigInteger, nullable=False)


class Row(SQLModel, registry=registry()):
    """A row of this service: its tables stand apart from those of any other in the same process."""


class AccountRow(Row, table=True):
    """Where a learner is, and the account that the learner's entries are under."""

    __tablename__ = "accounts"

    learner_id: UUID = Field(primary_key=True)
    account_id: UUID = Field(unique=True)
    institution_id: UUID
    entries: int
    sequence: int = Field(sa_column=_sequence())


class ErasureRow(Row, table=True):
    """That somebody was forgotten: a digest nothing leads back from."""

    __tablename__ = "erasures"

    learner_digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    erased_at: datetime = Field(sa_column=instant())


class LearnerRow(Row, table=True):
    """A learner as one institution's roster has it."""

    __tablename__ = "learners"

    institution_id: UUID = Field(primary_key=True)
    learner_id: UUID = Field(primary_key=True, foreign_key="accounts.learner_id")
    priority_flags: list[str] = Field(sa_column=_texts())
    on_roll: bool
    year_group: int | None = Field(default=None, sa_column=_small(nullable=True))


class YearGroupRow(Row, table=True):
    """The year group of a learner in one school year."""

    __tablename__ = "year_groups"

    institution_id: UUID = Field(primary_key=True)
    learner_id: UUID = Field(primary_key=True)
    school_year: int = Field(sa_column=Column(SmallInteger, primary_key=True))
    year_group: int = Field(sa_column=_small())


class LedgerEntryRow(Row, table=True):
    """An entry of the ledger: inserted once, never changed."""

    __tablename__ = "ledger_entries"

    entry_id: UUID = Field(primary_key=True)
    institution_id: UUID
    account_id: UUID
    sequence: int
    kind: str
    booking_id: UUID
    session_id: UUID
    opportunity_id: UUID
    on_day: date
    key_stage: str | None = None
    minutes: int = Field(sa_column=_small())
    missing: list[str] = Field(sa_column=_texts())
    reason_codes: list[str] = Field(sa_column=_texts())
    rule_pack: str
    rule_version: str
    inputs: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    reverses: UUID | None = Field(default=None, unique=True)
    entered_at: datetime = Field(sa_column=instant())


class StandingRow(Row, table=True):
    """How a learner's day at a session stands at present."""

    __tablename__ = "standings"

    institution_id: UUID = Field(primary_key=True)
    learner_id: UUID = Field(primary_key=True)
    on_day: date = Field(primary_key=True)
    booking_id: UUID = Field(primary_key=True)
    session_id: UUID
    opportunity_id: UUID
    entry_id: UUID
    credited_minutes: int = Field(sa_column=_small())
    attended_minutes: int = Field(sa_column=_small())
    key_stage: str | None = None
    missing: list[str] = Field(sa_column=_texts())
    reason_codes: list[str] = Field(sa_column=_texts())


class LearnerTotalRow(Row, table=True):
    """A learner's credited minutes in one key stage."""

    __tablename__ = "learner_totals"

    institution_id: UUID = Field(primary_key=True)
    learner_id: UUID = Field(primary_key=True)
    key_stage: str = Field(primary_key=True)
    minutes: int
    in_person_minutes: int
    placement_minutes: int


class ProgressCountRow(Row, table=True):
    """Learners on roll in one cell of an institution's progress."""

    __tablename__ = "progress_counts"

    institution_id: UUID = Field(primary_key=True)
    key_stage: str = Field(primary_key=True)
    priority_group: str = Field(primary_key=True)
    band: int = Field(sa_column=Column(SmallInteger, primary_key=True))
    learners: int
    minutes: int
    met: int


class DenialCountRow(Row, table=True):
    """What was attended and does not count at present, by what it lacks."""

    __tablename__ = "denial_counts"

    institution_id: UUID = Field(primary_key=True)
    key_stage: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    learner_days: int
    minutes: int
