"""The directory's tables; checks and indexes are in the migrations."""

from uuid import UUID

from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Row(SQLModel, registry=registry()):
    """A row of this service: its tables stand apart from those of any other in the same process."""


class OrganisationRow(Row, table=True):
    """An organisation; public to read, its own or its registrar's to change."""

    __tablename__ = "organisations"

    organisation_id: UUID = Field(primary_key=True)
    kind: str
    name: str
    registered_by: UUID
    area_code: str | None = None
    institution_type: str | None = None
    reference: str | None = None
    open: bool = True
    claimed_reference: str | None = None
    version: int


class SiteRow(Row, table=True):
    """A place of work of an organisation."""

    __tablename__ = "sites"

    site_id: UUID = Field(primary_key=True)
    organisation_id: UUID
    registered_by: UUID
    name: str
    postcode: str
    local_authority_code: str
    easting: int
    northing: int
