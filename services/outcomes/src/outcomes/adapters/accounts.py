"""Ledger accounts to rows and back, many registers at a time; entries go to the outbox with them."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from outcomes.adapters import account_rows as rows
from outcomes.adapters import bulk, counts
from outcomes.adapters.deadlines import TransactionDeadlines
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
from outcomes.application.commands import TakeLearner
from outcomes.copies.domain import BookedIn
from outcomes.domain.counting import Rules
from outcomes.domain.ledger import Account, Entry
from outcomes.domain.progress import Totals
from outcomes.registers.domain import LearnerDay
from shared.bus.transaction import Transaction
from shared.kernel import new_id

_REMEMBERED = text(
    """
    select digest from unnest(cast(:digests as bytea[])) as named (digest)
    where not exists (select from erasures where learner_digest = digest)
    """
)
_OPEN = text(
    """
    insert into learners (institution_id, learner_id)
    select * from unnest(cast(:institution_ids as uuid[]), cast(:learner_ids as uuid[]))
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
    select a.learner_id, a.account_id, a.entries, a.institution_id as present_at, l.institution_id,
           l.priority_flags, l.on_roll,
           (select jsonb_object_agg(school_year, year_group) from year_groups y
            where y.institution_id = l.institution_id and y.learner_id = l.learner_id) as year_groups,
           (select jsonb_object_agg(
              key_stage, jsonb_build_array(minutes, in_person_minutes, placement_minutes))
            from learner_totals t
            where t.institution_id = l.institution_id and t.learner_id = l.learner_id) as totals
    from unnest(cast(:institution_ids as uuid[]), cast(:learner_ids as uuid[]))
         as asked (institution_id, learner_id)
    join learners l using (institution_id, learner_id)
    join accounts a on a.learner_id = l.learner_id
    order by a.learner_id for update of a
    """
)
_STANDINGS = text(
    """
    select s.*
    from unnest(cast(:institution_ids as uuid[]), cast(:learner_ids as uuid[]), cast(:days as date[]))
         as asked (institution_id, learner_id, day)
    join standings s on s.institution_id = asked.institution_id and s.learner_id = asked.learner_id
      and (asked.day is null or s.on_day = asked.day)
    """
)
_NUMBER_ENTRIES = text(
    """
    update accounts set entries = counted.entries
    from unnest(cast(:learner_ids as uuid[]), cast(:entries as integer[])) as counted (learner_id, entries)
    where accounts.learner_id = counted.learner_id
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
_FORGET = text("delete from accounts where learner_id = :learner_id")


@dataclass(frozen=True, slots=True)
class Loaded:
    """An account as it was read, to tell what has changed."""

    account: Account
    counted: counts.Counted


class AccountRepository:
    """Accounts of learners, and where each learner is."""

    def __init__(self, transaction: Transaction, rules: Rules) -> None:
        self._transaction = transaction
        self._db = transaction.db
        self._rules = rules
        self._deadlines = TransactionDeadlines(transaction)
        self._loaded: dict[UUID, Loaded] = {}

    async def remembered(self, learner_ids: Collection[UUID]) -> set[UUID]:
        digests = {_digest(learner_id): learner_id for learner_id in learner_ids}
        found = await self._db.scalars(_REMEMBERED, {"digests": list(digests)})
        return {digests[digest] for digest in found}

    async def open_accounts(self, bookings: Sequence[BookedIn]) -> None:
        await self._open_accounts(
            sorted({(learner, each.institution_id) for each in bookings for learner in each.learner_ids})
        )

    async def open(self, learners: Iterable[LearnerDay]) -> None:
        opened = sorted({(each.learner_id, each.institution_id) for each in learners})
        if not opened:
            return
        await self._open_accounts(opened)
        await self._db.execute(
            _OPEN,
            {"institution_ids": [each for _, each in opened], "learner_ids": [each for each, _ in opened]},
        )

    async def _open_accounts(self, learners: Sequence[tuple[UUID, UUID]]) -> None:
        # The learners come in one order, so that two transactions never wait for each other.
        accounts = [
            {
                "learner_id": learner_id,
                "account_id": new_id(),
                "institution_id": institution_id,
                "entries": 0,
                "sequence": 0,
            }
            for learner_id, institution_id in learners
        ]
        await bulk.insert_missing(self._db, table_of(AccountRow), accounts)

    async def enter(self, command: TakeLearner) -> UUID | None:
        await self.open([LearnerDay(command.institution_id, command.learner_id)])
        came_from: UUID | None = await self._db.scalar(
            _ENTER,
            {
                "learner_id": command.learner_id,
                "institution_id": command.institution_id,
                "sequence": command.sequence,
            },
        )
        return came_from

    async def load(self, days: Sequence[LearnerDay]) -> dict[UUID, Account]:
        learners = sorted({(each.learner_id, each.institution_id) for each in days})
        if len({learner_id for learner_id, _ in learners}) < len(learners):
            raise ValueError("a learner at two institutions is not loaded at once")
        whose = {
            "institution_ids": [each for _, each in learners],
            "learner_ids": [each for each, _ in learners],
        }
        found = await self._db.execute(_LOAD, whose)
        accounts = {row.learner_id: rows.account_of(row) for row in found}
        asked = {
            "institution_ids": [each.institution_id for each in days],
            "learner_ids": [each.learner_id for each in days],
            "days": [each.on for each in days],
        }
        for row in await self._db.execute(_STANDINGS, asked):
            standing = rows.standing_of(row)
            accounts[row.learner_id].standings[row.booking_id, row.on_day] = standing
        for learner_id, account in accounts.items():
            was = counts.counted(account, self._rules)
            self._loaded[learner_id] = Loaded(rows.snapshot(account), was)
        return accounts

    async def recount(self, account: Account) -> None:
        found = await self._db.execute(_RECOUNT, {"account_id": account.id})
        account.totals = {row.key_stage: Totals(row.minutes, row.in_person, row.placement) for row in found}

    async def save(self, accounts: Iterable[Account]) -> None:
        changed = [(account, self._loaded.pop(account.learner_id)) for account in accounts]
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
        standings = [row for account, was in changed for row in rows.standings(account, was.account)]
        totals = [row for account, was in changed for row in rows.totals(account, was.account)]
        await bulk.upsert(self._db, table_of(StandingRow), standings)
        await bulk.upsert(self._db, table_of(LearnerTotalRow), totals)
        moved = [(each, was.counted, counts.counted(each, self._rules)) for each, was in changed]
        await counts.move(self._db, moved)

    async def forget(self, learner_id: UUID) -> None:
        digest = {"learner_digest": _digest(learner_id), "erased_at": self._transaction.now}
        await bulk.insert_missing(self._db, table_of(ErasureRow), [digest])
        await self._db.execute(_FORGET, {"learner_id": learner_id})

    async def _insert_entries(self, entries: Sequence[tuple[Account, int, Entry]]) -> None:
        if not entries:
            return
        now = self._transaction.now
        values = [rows.entry(account, sequence, entry, now) for account, sequence, entry in entries]
        await bulk.insert(self._db, table_of(LedgerEntryRow), values)
        numbered = {account.learner_id: account for account, _, _ in entries}
        await self._db.execute(
            _NUMBER_ENTRIES,
            {
                "learner_ids": list(numbered),
                "entries": [account.version for account in numbered.values()],
            },
        )
        for _, sequence, entry in entries:
            self._transaction.publish(contract_of(entry), sequence=sequence)
        await self._deadlines.recount_soon(numbered.values())

    async def _save_rolls(self, accounts: Sequence[Account]) -> None:
        years = [row for account in accounts for row in rows.year_groups(account)]
        await bulk.upsert(self._db, table_of(LearnerRow), [rows.learner(each) for each in accounts])
        await bulk.upsert(self._db, table_of(YearGroupRow), years)


def _digest(learner_id: UUID) -> bytes:
    # A pseudonym is 122 bits of chance or of a keyed hash: nobody finds it from its digest.
    return hashlib.sha256(learner_id.bytes).digest()
