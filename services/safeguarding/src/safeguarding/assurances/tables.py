"""The table of passports."""

from uuid import UUID

from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Row(SQLModel, registry=registry()):
    """A row of this capability: its tables stand apart from those of any other in the same process."""


class PassportRow(Row, table=True):
    """A provider's passport: the version its assurances share."""

    __tablename__ = "passports"

    provider_id: UUID = Field(primary_key=True)
    version: int
