"""Ledger accounts as rows, many at a time. Saving them publishes their entries."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from outcomes.ledger.deadlines import TransactionDeadlines
from outcomes.ledger.domain.account import Account, Entry
from outcomes.ledger.domain.totals import Totals
from outcomes.ledger.ports import AccountChange
from outcomes.ledger.publishing import publish
from outcomes.ledger.repository import rows, statements
from outcomes.registers.domain import LearnerDay
from shared.bus.transaction import Transaction


class AccountRepository:
    """The accounts of one transaction; it remembers each as it was loaded, to save what has changed."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db
        self._deadlines = TransactionDeadlines(transaction)
        self._loaded: dict[UUID, Account] = {}

    async def load(self, days: Sequence[LearnerDay]) -> dict[UUID, Account]:
        learners = sorted({(each.learner_id, each.institution_id) for each in days})
        if len({learner_id for learner_id, _ in learners}) < len(learners):
            raise ValueError("a learner at two institutions is not loaded at once")
        whose = {
            "institution_ids": [each for _, each in learners],
            "learner_ids": [each for each, _ in learners],
        }
        found = await self._db.execute(statements.LOAD_ACCOUNTS, whose)
        accounts = {row.learner_id: rows.account_of(row) for row in found}
        asked = {
            "institution_ids": [each.institution_id for each in days],
            "learner_ids": [each.learner_id for each in days],
            "days": [each.on for each in days],
        }
        for row in await self._db.execute(statements.LOAD_ASSESSMENTS, asked):
            accounts[row.learner_id].assessments[row.booking_id, row.on_day] = rows.assessment_of(row)
        for learner_id, account in accounts.items():
            self._loaded[learner_id] = rows.snapshot(account)
        return accounts

    async def recount(self, account: Account) -> None:
        found = await self._db.execute(statements.RECOUNT, {"account_id": account.id})
        account.totals = {row.key_stage: Totals(row.minutes, row.in_person, row.placement) for row in found}

    async def save(self, accounts: Iterable[Account]) -> Sequence[AccountChange]:
        changes = [AccountChange(self._loaded.pop(account.learner_id), account) for account in accounts]
        entries = [
            (change.after, sequence, entry)
            for change in changes
            for sequence, entry in change.after.take_events()
            if isinstance(entry, Entry)
        ]
        await self._save_entries(entries)
        await self._save_rolls(
            [each.after for each in changes if rows.roll(each.after) != rows.roll(each.before)]
        )
        if assessments := [row for each in changes for row in rows.assessments(each)]:
            await self._db.execute(statements.SAVE_ASSESSMENTS, rows.columns(assessments))
        if totals := [row for each in changes for row in rows.totals(each)]:
            await self._db.execute(statements.SAVE_TOTALS, rows.columns(totals))
        return changes

    async def _save_entries(self, entries: Sequence[tuple[Account, int, Entry]]) -> None:
        if not entries:
            return
        now = self._transaction.now
        values = [rows.entry(account, sequence, entry, now) for account, sequence, entry in entries]
        await self._db.execute(statements.INSERT_ENTRIES, rows.columns(values))
        numbered = {account.learner_id: account for account, _, _ in entries}
        await self._db.execute(
            statements.NUMBER_ENTRIES,
            {
                "learner_ids": list(numbered),
                "entries": [account.version for account in numbered.values()],
            },
        )
        publish(self._transaction, [(sequence, entry) for _, sequence, entry in entries])
        await self._deadlines.recount_soon(numbered.values())

    async def _save_rolls(self, accounts: Sequence[Account]) -> None:
        if not accounts:
            return
        await self._db.execute(
            statements.SAVE_LEARNERS, rows.columns([rows.learner(each) for each in accounts])
        )
        if years := [row for account in accounts for row in rows.year_groups(account)]:
            await self._db.execute(statements.SAVE_YEAR_GROUPS, rows.columns(years))
        if changed := [row for account in accounts for row in rows.year_group_changes(account)]:
            await self._db.execute(statements.SAVE_YEAR_GROUP_CHANGES, rows.columns(changed))
