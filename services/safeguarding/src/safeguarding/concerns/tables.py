"""The table of concerns."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.persistence.tables import instant


class Row(SQLModel, registry=registry()):
    """A row of this capability: its tables stand apart from those of any other in the same process."""


class ConcernRow(Row, table=True):
    """A concern: the only place where its description is stored."""

    __tablename__ = "concerns"

    concern_id: UUID = Field(primary_key=True)
    provider_id: UUID
    site_id: UUID | None = None
    category: str
    description: str = Field(repr=False)
    immediate_risk: bool
    raised_by: UUID
    raised_by_subject: str
    handled_by: UUID
    raised_at: datetime = Field(sa_column=instant())
    state: str
    resolved_by_subject: str | None = None
    resolved_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    version: int
