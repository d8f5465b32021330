"""Ledger accounts to rows and back, a whole register at a time; entries go to the outbox with them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from outcomes.adapters import account_rows as rows
from outcomes.adapters.publishing import contract_of
from outcomes.adapters.tables import (
    AccountRow,
    ErasureRow,
    LearnerRow,
    LearnerTotalRow,
    LedgerEntryRow,
    StandingRow,
    YearGroupRow,
    table_of,
)
from outcomes.application.assessment import RECOUNT
from outcomes.application.commands import TakeLearner
from outcomes.domain.counting import Rules
from outcomes.domain.ledger import Account, Entry
from outcomes.domain.progress import Totals
from shared.kernel import new_id
from shared.persistence.transaction import Transaction

_OPEN = text(
    """
    insert into learners (institution_id, learner_id)
    select :institution_id, learner_id from unnest(cast(:learner_ids as uuid[])) as named (learner_id)
    on conflict do nothing
    """
)
_ENTER = text(
    """
    with before as (select institution_id from accounts where learner_id = :learner_id for update)
    update accounts set institution_id = :institution_id, sequence = :sequence
    from before where learner_id = :learner_id and sequence < :sequence
    returning before.institution_id as came_from
    """
)
_LOAD = text(
    """
    select a.learner_id, a.account_id, a.entries, a.institution_id as present_at,
           l.priority_flags, l.on_roll,
           (select jsonb_object_agg(school_year, year_group) from year_groups y
            where y.institution_id = l.institution_id and y.learner_id = l.learner_id) as year_groups,
           (select jsonb_object_agg(
              key_stage, jsonb_build_array(minutes, in_person_minutes, placement_minutes))
            from learner_totals t
            where t.institution_id = l.institution_id and t.learner_id = l.learner_id) as totals
    from learners l join accounts a on a.learner_id = l.learner_id
    where l.institution_id = :institution_id and l.learner_id = any (:learner_ids)
    order by a.learner_id for update of a
    """
)
_STANDINGS = text(
    """
    select * from standings
    where institution_id = :institution_id and learner_id = any (:learner_ids)
      and (cast(:days as date[]) is null or on_day = any (cast(:days as date[])))
    """
)
_RECOUNT = text(
    """
    select key_stage, sum(minutes) as minutes,
           coalesce(sum(minutes) filter (where 'virtual' <> all (reason_codes)), 0) as in_person,
           coalesce(sum(minutes) filter (where 'placement' = any (reason_codes)), 0) as placement
    from ledger_entries e
    where account_id = :account_id and kind = 'credited'
      and not exists (select from ledger_entries r where r.reverses = e.entry_id)
    group by key_stage
    """
)
_LEAVE_BOOKINGS = text(
    """
    update bookings set learner_ids = array_remove(learner_ids, :learner_id)
    where institution_id in (select institution_id from learners where learner_id = :learner_id)
      and :learner_id = any (learner_ids)
    """
)
_FORGET = text("delete from accounts where learner_id = :learner_id")


@dataclass(frozen=True, slots=True)
class Loaded:
    """An account as it was read, to tell what has changed."""

    account: Account
    counted: rows.Counted


class AccountRepository:
    """Accounts of learners, and where each learner is."""

    def __init__(self, transaction: Transaction, rules: Rules) -> None:
        self._transaction = transaction
        self._session = transaction.session
        self._rules = rules
        self._loaded: dict[UUID, Loaded] = {}

    async def remembered(self, learner_ids: Sequence[UUID]) -> set[UUID]:
        digests = {_digest(learner_id): learner_id for learner_id in learner_ids}
        table = table_of(ErasureRow)
        found = await self._session.scalars(
            table.select()
            .with_only_columns(table.c.learner_digest)
            .where(table.c.learner_digest.in_(digests))
        )
        return set(learner_ids) - {digests[digest] for digest in found}

    async def open(self, institution_id: UUID, learner_ids: Sequence[UUID]) -> None:
        if not learner_ids:
            return
        table = table_of(AccountRow)
        accounts = [
            {
                "learner_id": learner_id,
                "account_id": new_id(),
                "institution_id": institution_id,
                "entries": 0,
                "sequence": 0,
            }
            for learner_id in learner_ids
        ]
        await self._session.execute(insert(table).on_conflict_do_nothing(), accounts)
        await self._session.execute(
            _OPEN, {"institution_id": institution_id, "learner_ids": list(learner_ids)}
        )

    async def enter(self, command: TakeLearner) -> UUID | None:
        await self.open(command.institution_id, [command.learner_id])
        came_from: UUID | None = await self._session.scalar(
            _ENTER,
            {
                "learner_id": command.learner_id,
                "institution_id": command.institution_id,
                "sequence": command.sequence,
            },
        )
        return came_from

    async def load(
        self, institution_id: UUID, learner_ids: Sequence[UUID], days: Sequence[date] | None
    ) -> dict[UUID, Account]:
        of = {"institution_id": institution_id, "learner_ids": list(learner_ids)}
        accounts = {
            row.learner_id: rows.account_of(institution_id, row)
            for row in await self._session.execute(_LOAD, of)
        }
        asked = {**of, "days": None if days is None else list(days)}
        for row in await self._session.execute(_STANDINGS, asked):
            standing = rows.standing_of(row)
            accounts[row.learner_id].standings[row.booking_id, row.on_day] = standing
        for learner_id, account in accounts.items():
            self._loaded[learner_id] = Loaded(rows.snapshot(account), rows.counted(account, self._rules))
        return accounts

    async def recount(self, account: Account) -> None:
        found = await self._session.execute(_RECOUNT, {"account_id": account.id})
        account.totals = {row.key_stage: Totals(row.minutes, row.in_person, row.placement) for row in found}

    async def save(self, accounts: Iterable[Account]) -> None:
        changed = [(account, self._loaded[account.learner_id]) for account in accounts]
        entries = [
            (account, sequence, entry)
            for account, _ in changed
            for sequence, entry in account.take_events()
            if isinstance(entry, Entry)
        ]
        await self._insert_entries(entries)
        await self._save_rolls(
            [account for account, was in changed if rows.roll(account) != rows.roll(was.account)]
        )
        await self._upsert(
            StandingRow, [row for account, was in changed for row in rows.standings(account, was.account)]
        )
        await self._upsert(
            LearnerTotalRow, [row for account, was in changed for row in rows.totals(account, was.account)]
        )
        for statement, values in rows.count_changes(
            [(account, was.counted, rows.counted(account, self._rules)) for account, was in changed]
        ):
            await self._session.execute(statement, values)
        for account, _ in changed:
            self._loaded[account.learner_id] = Loaded(
                rows.snapshot(account), rows.counted(account, self._rules)
            )

    async def forget(self, learner_id: UUID) -> None:
        digest = {"learner_digest": _digest(learner_id), "erased_at": self._transaction.now}
        await self._session.execute(insert(table_of(ErasureRow)).on_conflict_do_nothing(), [digest])
        await self._session.execute(_LEAVE_BOOKINGS, {"learner_id": learner_id})
        await self._session.execute(_FORGET, {"learner_id": learner_id})

    async def _insert_entries(self, entries: Sequence[tuple[Account, int, Entry]]) -> None:
        if not entries:
            return
        now = self._transaction.now
        values = [rows.entry(account, sequence, entry, now) for account, sequence, entry in entries]
        await self._session.execute(insert(table_of(LedgerEntryRow)), values)
        numbered = {account.learner_id: account for account, _, _ in entries}
        await self._session.execute(
            rows.NUMBER_ENTRIES,
            {
                "learner_ids": list(numbered),
                "entries": [account.version for account in numbered.values()],
            },
        )
        for _, sequence, entry in entries:
            self._transaction.say(contract_of(entry), sequence=sequence)
        await self._transaction.wait_until_each(
            [
                (RECOUNT, account.learner_id, account.present_at, now)
                for account in numbered.values()
                if account.present_at != account.institution_id
            ]
        )

    async def _save_rolls(self, accounts: Sequence[Account]) -> None:
        await self._upsert(LearnerRow, [rows.learner(account) for account in accounts])
        await self._upsert(YearGroupRow, [row for account in accounts for row in rows.year_groups(account)])

    async def _upsert(self, row: Any, values: Sequence[dict[str, Any]]) -> None:
        if not values:
            return
        table = table_of(row)
        keys = [column.name for column in table.primary_key.columns]
        statement = insert(table)
        changed = {name: statement.excluded[name] for name in values[0] if name not in keys}
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changed), list(values)
        )


def _digest(learner_id: UUID) -> bytes:
    # A pseudonym is 122 bits of chance or of a keyed hash: nobody finds it from its digest.
    return hashlib.sha256(learner_id.bytes).digest()
