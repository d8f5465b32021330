"""The register's tables."""

from uuid import UUID

from sqlmodel import Field, SQLModel


class OrganisationRow(SQLModel, table=True):
    """An organisation; public to read, its own to change."""

    __tablename__ = "organisations"

    organisation_id: UUID = Field(primary_key=True)
    kind: str
    name: str
    registered_by: UUID
    area_code: str | None = None
    institution_type: str | None = None
    reference: str | None = None
    open: bool = True
    version: int


class SiteRow(SQLModel, table=True):
    """A place of work of an organisation."""

    __tablename__ = "sites"

    site_id: UUID = Field(primary_key=True)
    organisation_id: UUID = Field(foreign_key="organisations.organisation_id")
    name: str
    postcode: str
    local_authority_code: str
    easting: int
    northing: int
