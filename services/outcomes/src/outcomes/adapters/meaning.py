"""Evidence, feedback and reflections, with their words."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from outcomes.adapters.tables import (
    AccountRow,
    FeedbackLearnerRow,
    FeedbackRow,
    ReflectionRow,
    SessionEvidenceRow,
    table_of,
)
from outcomes.application.commands import GiveFeedback, Statement, SubmitReflection
from outcomes.copies.domain import BookedIn
from outcomes.domain.meaning import measure_of
from shared.bus.transaction import Transaction
from shared.kernel import new_id


class MeaningRepository:
    """What shows M1 to M7. Words lie with the learner they are about, and go with the learner."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db
        self._now = transaction.now
        self._today = transaction.today

    async def keep_statements(
        self, session_id: UUID, given_by: UUID, *, by_provider: bool, statements: Sequence[Statement]
    ) -> None:
        rows = [
            {
                "session_id": session_id,
                "given_by": given_by,
                "criterion": each.criterion,
                "by_provider": by_provider,
                "met": each.met,
                "measure": measure_of(each.criterion, each.detail, by_provider=by_provider),
                "detail": each.detail,
                "given_at": self._now,
            }
            for each in statements
        ]
        statement = insert(table_of(SessionEvidenceRow))
        said = ("by_provider", "met", "measure", "detail", "given_at")
        await self._db.execute(
            statement.on_conflict_do_update(
                index_elements=["session_id", "given_by", "criterion"],
                set_={name: statement.excluded[name] for name in said},
            ),
            rows,
        )

    async def keep_feedback(
        self, command: GiveFeedback, provider_id: UUID, given_to: Sequence[BookedIn]
    ) -> int:
        last = select(func.max(col(FeedbackRow.sequence))).where(
            col(FeedbackRow.session_id) == command.session_id
        )
        sequence = int(await self._db.scalar(last) or 0) + 1
        row = FeedbackRow(
            feedback_id=command.feedback_id,
            session_id=command.session_id,
            provider_id=provider_id,
            all_present=command.learner_ids is None,
            objective_codes=list(command.objective_codes),
            sequence=sequence,
            given_at=self._now,
        )
        self._db.add(row)
        await self._db.flush()
        await self._keep_words(command, provider_id, given_to)
        return sequence

    async def reflections_of(self, institution_id: UUID, learner_id: UUID) -> Sequence[UUID]:
        statement = select(col(ReflectionRow.session_id)).where(
            col(ReflectionRow.institution_id) == institution_id, col(ReflectionRow.learner_id) == learner_id
        )
        return (await self._db.scalars(statement)).all()

    async def keep_reflection(self, command: SubmitReflection) -> None:
        self._db.add(
            ReflectionRow(
                reflection_id=command.reflection_id,
                institution_id=command.institution_id,
                learner_id=command.learner_id,
                session_id=command.session_id,
                text=command.text,
                objective_codes=list(command.objective_codes),
                skills=list(command.skills),
                submitted_on=self._today,
                submitted_at=self._now,
            )
        )
        await self._db.flush()

    async def _keep_words(
        self, command: GiveFeedback, provider_id: UUID, given_to: Sequence[BookedIn]
    ) -> None:
        words: list[dict[str, Any]] = [
            {
                "feedback_id": command.feedback_id,
                "learner_id": learner_id,
                "institution_id": booking.institution_id,
                "provider_id": provider_id,
                "booking_id": booking.booking_id,
                "session_id": command.session_id,
                "comment": command.comment,
            }
            for booking in given_to
            for learner_id in booking.learner_ids
        ]
        # A booked learner may get feedback before anything else is known of that learner here.
        accounts = [
            {
                "learner_id": each["learner_id"],
                "account_id": new_id(),
                "institution_id": each["institution_id"],
                "entries": 0,
                "sequence": 0,
            }
            for each in words
        ]
        await self._db.execute(insert(table_of(AccountRow)).on_conflict_do_nothing(), accounts)
        await self._db.execute(insert(table_of(FeedbackLearnerRow)).on_conflict_do_nothing(), words)
