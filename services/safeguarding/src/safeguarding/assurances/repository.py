"""Passports to rows and back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select, text
from sqlmodel import col

from safeguarding.assurances.domain.checklists import Answer
from safeguarding.assurances.domain.passports import (
    EXPIRY,
    Assurance,
    AssuranceChanged,
    AssuranceWasGranted,
    Passport,
    Suspension,
)
from safeguarding.assurances.publishing import publish
from safeguarding.assurances.tables import PassportRow
from shared.bus.transaction import Transaction
from shared.persistence.rows import save_row

ANSWERS: TypeAdapter[list[Answer]] = TypeAdapter(list[Answer])
_OPEN = text("insert into passports (provider_id, version) values (:id, 1) on conflict do nothing")
_ASSURANCES = text(
    """
    select assurance_id, provider_id, site_id, activity_band, checklist_version, state, valid_from,
           valid_until
    from assurances where provider_id = :provider_id order by assurance_id
    """
)
_SAVE_ASSURANCES = text(
    """
    insert into assurances (provider_id, assurance_id, site_id, activity_band, checklist_version, state,
                            valid_from, valid_until)
    select :provider_id, * from unnest(
      cast(:ids as uuid[]), cast(:sites as uuid[]), cast(:bands as text[]), cast(:versions as text[]),
      cast(:states as text[]), cast(:firsts as date[]), cast(:lasts as date[]))
    on conflict (assurance_id) do update
    set checklist_version = excluded.checklist_version, state = excluded.state,
        valid_from = excluded.valid_from, valid_until = excluded.valid_until
    """
)
_SUSPENSIONS = text("select concern_id, site_id from assurance_holds where provider_id = :provider_id")
_LIFT = text(
    "delete from assurance_holds where provider_id = :provider_id and not concern_id = any (:concern_ids)"
)
_SUSPEND = text(
    """
    insert into assurance_holds (provider_id, concern_id, site_id)
    select :provider_id, * from unnest(cast(:concern_ids as uuid[]), cast(:site_ids as uuid[]))
    on conflict (concern_id) do nothing
    """
)
_SAVE_ANSWERS = text(
    """
    insert into assurance_answers (assurance_id, version, provider_id, checklist_version, answers)
    values (:assurance_id, :version, :provider_id, :checklist_version, cast(:answers as jsonb))
    """
)


class PassportRepository:
    """Stores passports with their assurances and suspensions."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def of(self, provider_id: UUID) -> Passport:
        # The passport's row is locked, so that nothing is granted while a suspension is being stored.
        await self._db.execute(_OPEN, {"id": provider_id})
        mine = select(PassportRow).where(col(PassportRow.provider_id) == provider_id).with_for_update()
        row = (await self._db.scalars(mine)).one()
        provider = {"provider_id": provider_id}
        assurances = [assurance_of(each) for each in await self._db.execute(_ASSURANCES, provider)]
        suspensions = await self._db.execute(_SUSPENSIONS, provider)
        return Passport(
            provider_id,
            {each.id: each for each in assurances},
            [Suspension(each.concern_id, each.site_id) for each in suspensions],
            version=row.version,
        )

    async def save(self, passport: Passport) -> None:
        changes = passport.take_events()
        row = PassportRow(provider_id=passport.provider_id, version=passport.version)
        await save_row(self._db, row, changes=len(changes))
        events = [event for _, event in changes if isinstance(event, AssuranceChanged)]
        await self._save_assurances(passport, {event.assurance.id for event in events})
        await self._save_suspensions(passport)
        granted = [event.assurance for event in events if isinstance(event, AssuranceWasGranted)]
        await self._transaction.wait_until_each(
            [(EXPIRY, each.id, each.provider_id, each.expires_at) for each in granted]
        )
        publish(self._transaction, changes)

    async def save_answers(self, assurance: Assurance, version: int, answers: Sequence[Answer]) -> None:
        await self._db.execute(
            _SAVE_ANSWERS,
            {
                "assurance_id": assurance.id,
                "version": version,
                "provider_id": assurance.provider_id,
                "checklist_version": assurance.checklist_version,
                "answers": ANSWERS.dump_json(list(answers)).decode(),
            },
        )

    async def _save_assurances(self, passport: Passport, changed: set[UUID]) -> None:
        rows = [passport.assurances[each] for each in changed]
        if not rows:
            return
        values = {
            "provider_id": passport.provider_id,
            "ids": [each.id for each in rows],
            "sites": [each.site_id for each in rows],
            "bands": [each.activity_band for each in rows],
            "versions": [each.checklist_version for each in rows],
            "states": [each.state for each in rows],
            "firsts": [each.valid_from for each in rows],
            "lasts": [each.valid_until for each in rows],
        }
        await self._db.execute(_SAVE_ASSURANCES, values)

    async def _save_suspensions(self, passport: Passport) -> None:
        values = {
            "provider_id": passport.provider_id,
            "concern_ids": [each.concern_id for each in passport.suspensions],
            "site_ids": [each.site_id for each in passport.suspensions],
        }
        await self._db.execute(_LIFT, values)
        if passport.suspensions:
            await self._db.execute(_SUSPEND, values)


def assurance_of(row: Any) -> Assurance:
    """A row as the assurance it stores."""
    return Assurance(
        row.assurance_id,
        row.provider_id,
        row.site_id,
        row.activity_band,
        row.checklist_version,
        row.state,
        row.valid_from,
        row.valid_until,
    )
