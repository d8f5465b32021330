"""Passports to rows and back."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import delete, select, text
from sqlmodel import col

from safeguarding.adapters import publishing
from safeguarding.adapters.tables import AssuranceRow, HoldRow, PassportRow
from safeguarding.domain.checklists import Answer
from safeguarding.domain.passports import Assurance, AssuranceChanged, Hold, Passport
from shared.bus.transaction import Transaction
from shared.persistence.rows import save_row

ANSWERS: TypeAdapter[list[Answer]] = TypeAdapter(list[Answer])
_OPEN = text("insert into passports (provider_id, version) values (:id, 1) on conflict do nothing")
_KEEP_ANSWERS = text(
    """
    insert into assurance_answers (assurance_id, version, provider_id, checklist_version, answers)
    values (:assurance_id, :version, :provider_id, :checklist_version, cast(:answers as jsonb))
    """
)


class PassportRepository:
    """Passports with their assurances and holds."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def of(self, provider_id: UUID) -> Passport:
        # Its row is locked, so that no grant slips past a hold that is being put on.
        await self._db.execute(_OPEN, {"id": provider_id})
        mine = select(PassportRow).where(col(PassportRow.provider_id) == provider_id).with_for_update()
        row = (await self._db.scalars(mine)).one()
        assurances = await self._db.scalars(
            select(AssuranceRow)
            .where(col(AssuranceRow.provider_id) == provider_id)
            .order_by(col(AssuranceRow.assurance_id))
        )
        holds = await self._db.scalars(select(HoldRow).where(col(HoldRow.provider_id) == provider_id))
        return Passport(
            provider_id,
            [assurance_of(each) for each in assurances],
            [Hold(each.concern_id, each.site_id) for each in holds],
            version=row.version,
        )

    async def save(self, passport: Passport) -> None:
        changes = passport.take_events()
        row = PassportRow(provider_id=passport.provider_id, version=passport.version)
        await save_row(self._db, row, changes=len(changes))
        changed = {event.assurance.id for _, event in changes if isinstance(event, AssuranceChanged)}
        for assurance in passport.assurances:
            if assurance.id in changed:
                await self._db.merge(_assurance_row(assurance))
        await self._save_holds(passport)
        for sequence, event in changes:
            publishing.say(self._transaction, event, sequence)

    async def _save_holds(self, passport: Passport) -> None:
        kept = [hold.concern_id for hold in passport.holds]
        gone = delete(HoldRow).where(
            col(HoldRow.provider_id) == passport.provider_id, col(HoldRow.concern_id).not_in(kept)
        )
        await self._db.execute(gone)
        for hold in passport.holds:
            await self._db.merge(
                HoldRow(concern_id=hold.concern_id, provider_id=passport.provider_id, site_id=hold.site_id)
            )
        await self._db.flush()

    async def keep_answers(self, assurance: Assurance, version: int, answers: Sequence[Answer]) -> None:
        await self._db.execute(
            _KEEP_ANSWERS,
            {
                "assurance_id": assurance.id,
                "version": version,
                "provider_id": assurance.provider_id,
                "checklist_version": assurance.checklist_version,
                "answers": ANSWERS.dump_json(list(answers)).decode(),
            },
        )


def assurance_of(row: AssuranceRow) -> Assurance:
    """A row as the assurance it keeps."""
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


def _assurance_row(assurance: Assurance) -> AssuranceRow:
    return AssuranceRow(
        assurance_id=assurance.id,
        provider_id=assurance.provider_id,
        site_id=assurance.site_id,
        activity_band=assurance.activity_band,
        checklist_version=assurance.checklist_version,
        state=assurance.state,
        valid_from=assurance.valid_from,
        valid_until=assurance.valid_until,
    )
