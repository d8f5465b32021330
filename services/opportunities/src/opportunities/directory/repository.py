"""Loads and saves organisations with their sites."""

from collections.abc import Set as AbstractSet
from dataclasses import asdict
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from opportunities.areas.domain import Place
from opportunities.directory import publishing
from opportunities.directory.domain import Organisation, ReferenceTaken, Site
from opportunities.directory.tables import OrganisationRow, SiteRow
from shared.bus.transaction import Transaction
from shared.kernel import NotFound
from shared.persistence.rows import save_row

Condition = ColumnElement[bool]
_ONE_PER_REFERENCE = "organisations_one_per_reference"
_ADD_SITES = text(
    """
    insert into sites (site_id, organisation_id, registered_by, name, postcode, local_authority_code,
                       easting, northing)
    select site_id, organisation_id, registered_by, name, postcode, local_authority_code, easting, northing
    from jsonb_to_recordset(cast(:sites as jsonb)) as given (
      site_id uuid, organisation_id uuid, registered_by uuid, name text, postcode text,
      local_authority_code text, easting integer, northing integer)
    on conflict do nothing
    """
)


class OrganisationRepository:
    """Organisations and their sites."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def find(self, organisation_id: UUID) -> Organisation | None:
        of_id = col(OrganisationRow.organisation_id) == organisation_id
        return next(iter(await load_organisations(self._transaction.db, of_id)), None)

    async def get(self, organisation_id: UUID, acting_for: AbstractSet[UUID]) -> Organisation:
        found = await self.find(organisation_id)
        if found is None or not {found.id, found.registered_by} & acting_for:
            raise NotFound("There is no such organisation, or it is not yours")
        return found

    async def save(self, organisation: Organisation) -> None:
        row = OrganisationRow(
            organisation_id=organisation.id,
            kind=organisation.kind,
            name=organisation.name,
            registered_by=organisation.registered_by,
            area_code=organisation.area_code,
            institution_type=organisation.institution_type,
            reference=organisation.reference,
            open=organisation.open,
            claimed_reference=organisation.claimed_reference,
            version=organisation.version,
        )
        changes = organisation.take_events()
        try:
            await save_row(self._transaction.db, row, changes=len(changes))
        except IntegrityError as error:
            if _ONE_PER_REFERENCE in str(error.orig):
                raise ReferenceTaken(field="body.reference") from None
            raise
        if organisation.sites:
            sites = [_site_values(organisation, site) for site in organisation.sites]
            await self._transaction.db.execute(_ADD_SITES, {"sites": to_json(sites).decode()})
        publishing.publish(self._transaction, changes)


async def load_organisations(
    db: AsyncSession, *conditions: Condition, limit: int | None = None
) -> list[Organisation]:
    """Organisations with their sites, by name."""
    ordered = (
        select(OrganisationRow)
        .where(*conditions)
        .order_by(col(OrganisationRow.name), col(OrganisationRow.organisation_id))
        .limit(limit)
    )
    rows = (await db.scalars(ordered)).all()
    of_them = col(SiteRow.organisation_id).in_([row.organisation_id for row in rows])
    sites: dict[UUID, list[Site]] = {}
    for site in await db.scalars(select(SiteRow).where(of_them).order_by(col(SiteRow.site_id))):
        sites.setdefault(site.organisation_id, []).append(_site(site))
    return [_organisation(row, sites.get(row.organisation_id, [])) for row in rows]


def _site(row: SiteRow) -> Site:
    place = Place(row.postcode, row.local_authority_code, row.easting, row.northing)
    return Site(row.site_id, row.name, place)


def _organisation(row: OrganisationRow, sites: list[Site]) -> Organisation:
    return Organisation(
        row.organisation_id,
        row.kind,
        row.name,
        row.registered_by,
        row.area_code,
        row.institution_type,
        row.reference,
        row.open,
        sites,
        row.claimed_reference,
        version=row.version,
    )


def _site_values(organisation: Organisation, site: Site) -> dict[str, object]:
    return {
        "site_id": site.id,
        "organisation_id": organisation.id,
        "registered_by": organisation.registered_by,
        "name": site.name,
        **asdict(site.place),
    }
