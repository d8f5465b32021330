"""Answers to queries about checklists and assurances."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from safeguarding.assurances.domain.checklists import Answer, Checklist
from safeguarding.assurances.domain.passports import Assurance
from safeguarding.assurances.ports import Checklists
from safeguarding.assurances.repository import ANSWERS, assurance_of
from shared.kernel import Clock, NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading

_PAGE = text(
    """
    select assurance_id, provider_id, site_id, activity_band, checklist_version, state, valid_from,
           valid_until
    from assurances
    where provider_id = :provider_id
      and (cast(:after as uuid) is null or assurance_id > cast(:after as uuid))
    order by assurance_id limit :limit
    """
)
_OWN = text(
    """
    select assurance_id, provider_id, site_id, activity_band, checklist_version, state, valid_from,
           valid_until,
           (select answers from assurance_answers given
            where given.provider_id = own.provider_id and given.assurance_id = own.assurance_id
            order by version desc limit 1) as answers
    from assurances own
    where assurance_id = :assurance_id and provider_id = any (:organisations)
    """
)


class ChecklistReads:
    """The national checklist in force today, and its versions."""

    def __init__(self, checklists: Checklists, clock: Clock) -> None:
        self._checklists = checklists
        self._clock = clock

    def checklist(self, activity_band: str, version: str | None) -> Checklist:
        if version is None:
            return self._checklists.on(self._clock.today(), activity_band)
        return self._checklists.version(version, activity_band)


class AssuranceReads:
    """States and dates, which everybody may read, and answers, which only their provider may."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def assurances(self, provider_id: UUID, after: UUID | None, limit: int) -> Sequence[Assurance]:
        page = {"provider_id": provider_id, "after": after, "limit": limit + 1}
        async with reading(self._database) as db:
            return [assurance_of(row) for row in await db.execute(_PAGE, page)]

    async def own_assurance(
        self, assurance_id: UUID, organisations: frozenset[UUID]
    ) -> tuple[Assurance, Sequence[Answer]]:
        own = {"assurance_id": assurance_id, "organisations": list(organisations)}
        async with reading(self._database, organisations) as db:
            row = (await db.execute(_OWN, own)).one_or_none()
        if row is None:
            raise NotFound("There is no such assurance, or it is not yours")
        return assurance_of(row), ANSWERS.validate_python(row.answers)
