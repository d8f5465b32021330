"""The table of clearances."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.persistence.tables import instant


class Row(SQLModel, registry=registry()):
    """A row of this capability: its tables stand apart from those of any other in the same process."""


class ClearanceRow(Row, table=True):
    """A clearance with everything its decision rested on."""

    __tablename__ = "clearances"

    clearance_id: UUID = Field(primary_key=True)
    booking_id: UUID
    session_id: UUID
    institution_id: UUID
    provider_id: UUID
    state: str
    rule_version: str
    reason_codes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    inputs: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    under_16_learners: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    decided_by: str | None = None
    decided_at: datetime = Field(sa_column=instant())
    version: int
