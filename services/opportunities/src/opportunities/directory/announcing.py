"""Organisations told again as they stand."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from opportunities.directory.domain import OrganisationRecorded
from opportunities.directory.publishing import contract_of
from opportunities.directory.repository import load_organisations
from opportunities.directory.tables import OrganisationRow
from shared.contracts.opportunities import ORGANISATIONS
from shared.messaging.announcing import Announcement, Page, Said

_TENANTS = text("select organisation_id from organisations")
_LOCK = text(
    """
    select organisation_id from organisations
    where organisation_id = any (cast(:tenants as uuid[]))
      and (cast(:after as uuid) is null or organisation_id > :after)
      and (open or cast(:since as date) is null)
    order by organisation_id limit :limit for share
    """
)


async def _organisations(db: AsyncSession, page: Page) -> Sequence[Said]:
    ids = [row.organisation_id for row in await db.execute(_LOCK, page.values())]
    found = await load_organisations(db, col(OrganisationRow.organisation_id).in_(ids))
    said = []
    for each in sorted(found, key=lambda organisation: organisation.id):
        present = OrganisationRecorded(
            each.id, each.kind, each.institution_type, each.area_code, each.open, tuple(each.sites)
        )
        said.append(Said(each.id, [(contract_of(present), each.version)]))
    return said


ANNOUNCED = Announcement("organisations", ORGANISATIONS, _TENANTS, _organisations)
