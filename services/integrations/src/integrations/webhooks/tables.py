"""The tables of webhook endpoints and deliveries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.persistence.tables import instant


class Row(SQLModel, registry=registry()):
    """A row of this service: its tables stand apart from those of any other in the same process."""


class EndpointRow(Row, table=True):
    """A webhook endpoint of an organisation; its secrets are sealed."""

    __tablename__ = "webhook_endpoints"

    endpoint_id: UUID = Field(primary_key=True)
    organisation_id: UUID
    url: str
    event_types: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    secret: str
    previous_secret: str | None = None
    previous_until: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    failing_since: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    disabled_reason: str | None = None
    created_at: datetime = Field(sa_column=instant())
    version: int


class DeliveryRow(Row, table=True):
    """One event for one endpoint."""

    __tablename__ = "webhook_deliveries"

    delivery_id: UUID = Field(primary_key=True)
    endpoint_id: UUID
    organisation_id: UUID
    event_id: UUID
    event_type: str
    payload: str
    state: str
    tries: int
    created_at: datetime = Field(sa_column=instant())
    version: int


class AttemptRow(Row, table=True):
    """One try of a delivery."""

    __tablename__ = "webhook_attempts"

    attempt_id: UUID = Field(primary_key=True)
    delivery_id: UUID
    organisation_id: UUID
    at: datetime = Field(sa_column=instant())
    milliseconds: int
    status_code: int | None = None
    error: str | None = None


class DueRow(Row, table=True):
    """When a pending delivery is due: ids only, so the dispatcher needs no tenant to see what is."""

    __tablename__ = "webhook_queue"

    delivery_id: UUID = Field(primary_key=True)
    endpoint_id: UUID
    organisation_id: UUID
    due_at: datetime = Field(sa_column=instant())
