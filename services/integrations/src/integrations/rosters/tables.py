"""The table of rosters."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.persistence.tables import instant


class Row(SQLModel, registry=registry()):
    """A row of this capability: its tables stand apart from those of any other in the same process."""


class RosterRow(Row, table=True):
    """A roster that was received: counts and faults, nothing of what it said."""

    __tablename__ = "rosters"

    roster_id: UUID = Field(primary_key=True)
    institution_id: UUID
    number: int
    kind: str
    rows: int
    accepted: int
    rejected: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    warnings: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    out_of_scope: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    received_at: datetime = Field(sa_column=instant())
    version: int
