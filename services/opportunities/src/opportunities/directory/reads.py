"""Answers about organisations, which everybody may read."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, tuple_
from sqlmodel import col

from opportunities.directory.domain import Organisation
from opportunities.directory.repository import load_organisations
from opportunities.directory.tables import OrganisationRow
from shared.kernel import NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading


class DirectoryReads:
    """The directory as its readers see it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def organisation(self, organisation_id: UUID) -> Organisation:
        async with reading(self._database) as db:
            found = await load_organisations(db, col(OrganisationRow.organisation_id) == organisation_id)
        if not found:
            raise NotFound("There is no such organisation")
        return found[0]

    async def organisations(
        self, kind: str | None, area_code: str | None, after: tuple[str, UUID] | None, limit: int
    ) -> Sequence[Organisation]:
        conditions = [_after(*after)] if after else []
        if kind is not None:
            conditions.append(col(OrganisationRow.kind) == kind)
        if area_code is not None:
            conditions.append(col(OrganisationRow.area_code) == area_code)
        async with reading(self._database) as db:
            return await load_organisations(db, *conditions, limit=limit)


def _after(name: str, organisation_id: UUID) -> ColumnElement[bool]:
    """Organisations that come after this one by name."""
    return tuple_(OrganisationRow.name, OrganisationRow.organisation_id) > (name, organisation_id)
