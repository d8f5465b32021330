"""Tables of opportunities and sessions; checks, indexes and generated columns are in the migrations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Integer, Text, Uuid, column, table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.persistence.tables import instant


def texts() -> Any:
    """A column of texts."""
    return Column(ARRAY(Text), nullable=False)


class Row(SQLModel, registry=registry()):
    """A row of this service: its tables stand apart from those of any other in the same process."""


class OpportunityRow(Row, table=True):
    """An opportunity, with what the listing shows of its provider and site beside it."""

    __tablename__ = "opportunities"

    opportunity_id: UUID = Field(primary_key=True)
    provider_id: UUID
    provider_name: str
    site_id: UUID | None = None
    area_code: str | None = None
    easting: int | None = None
    northing: int | None = None
    state: str
    title: str
    summary: str
    purpose: str
    kind: str
    format: str
    mode: str
    tier: str
    activity_band: str
    sector: str
    year_groups: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    objective_codes: list[str] = Field(sa_column=texts())
    planned_criteria: list[str] = Field(sa_column=texts())
    task_brief: str | None = None
    accompanied: bool
    published_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    reason_code: str | None = None
    decided: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    version: int


class SessionRow(Row, table=True):
    """A dated run of an opportunity."""

    __tablename__ = "sessions"

    session_id: UUID = Field(primary_key=True)
    opportunity_id: UUID
    provider_id: UUID
    state: str
    places: int
    days: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    first_day: date
    last_day: date
    supervisor_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))


# Kept by `copies`, and read with the sessions it is about in one statement.
PLACES_TAKEN = table("places_taken", column("session_id", Uuid), column("taken", Integer))
