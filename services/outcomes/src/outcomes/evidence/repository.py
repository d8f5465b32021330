"""Statements, feedback and reflections as rows. Words lie beside the learner they are about."""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from outcomes.copies.domain import BookedIn
from outcomes.evidence.commands import GiveFeedback, SubmitReflection
from outcomes.evidence.domain import EvidenceGiven, FeedbackGiven, ReflectionSubmitted
from outcomes.evidence.publishing import publish
from shared.bus.transaction import Transaction

_SAVE_STATEMENTS = text(
    """
    insert into session_evidence (session_id, given_by, criterion, by_provider, met, measure, detail,
                                  given_at)
    select cast(:session_id as uuid), cast(:given_by as uuid), criterion, cast(:by_provider as boolean),
           met, measure, cast(detail as jsonb), cast(:given_at as timestamptz)
    from unnest(cast(:criterion as text[]), cast(:met as boolean[]), cast(:measure as integer[]),
                cast(:detail as text[])) as given (criterion, met, measure, detail)
    on conflict (session_id, given_by, criterion) do update
    set by_provider = excluded.by_provider, met = excluded.met, measure = excluded.measure,
        detail = excluded.detail, given_at = excluded.given_at
    """
)
_FEEDBACK_COUNT = text("select max(sequence) from feedback where session_id = :session_id")
_INSERT_FEEDBACK = text(
    """
    insert into feedback (feedback_id, session_id, provider_id, all_present, objective_codes, sequence,
                          given_at)
    values (:feedback_id, :session_id, :provider_id, :all_present, :objective_codes, :sequence, :given_at)
    """
)
_INSERT_WORDS = text(
    """
    insert into feedback_learners (feedback_id, learner_id, institution_id, provider_id, booking_id,
                                   session_id, comment)
    select cast(:feedback_id as uuid), learner_id, institution_id, cast(:provider_id as uuid), booking_id,
           cast(:session_id as uuid), cast(:comment as text)
    from unnest(cast(:learner_id as uuid[]), cast(:institution_id as uuid[]), cast(:booking_id as uuid[]))
         as given (learner_id, institution_id, booking_id)
    on conflict do nothing
    """
)
_REFLECTED_ON = text(
    "select session_id from reflections where institution_id = :institution_id and learner_id = :learner_id"
)
_INSERT_REFLECTION = text(
    """
    insert into reflections (reflection_id, institution_id, learner_id, session_id, text, objective_codes,
                             skills, submitted_on, submitted_at)
    values (:reflection_id, :institution_id, :learner_id, :session_id, :text, :objective_codes,
            :skills, :submitted_on, :submitted_at)
    """
)


class EvidenceRepository:
    """The evidence of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def save_statements(self, given: EvidenceGiven) -> None:
        values = {
            "session_id": given.session_id,
            "given_by": given.given_by,
            "by_provider": given.by_provider,
            "given_at": self._transaction.now,
            "criterion": [each.criterion for each in given.criteria],
            "met": [each.met for each in given.criteria],
            "measure": [each.measure for each in given.criteria],
            "detail": [json.dumps(each.statement.detail) for each in given.criteria],
        }
        await self._db.execute(_SAVE_STATEMENTS, values)

    async def feedback_count(self, session_id: UUID) -> int:
        return int(await self._db.scalar(_FEEDBACK_COUNT, {"session_id": session_id}) or 0)

    async def save_feedback(
        self, command: GiveFeedback, given: FeedbackGiven, given_to: Sequence[BookedIn]
    ) -> None:
        feedback = {
            "feedback_id": given.feedback_id,
            "session_id": given.session_id,
            "provider_id": given.provider_id,
            "all_present": command.learner_ids is None,
            "objective_codes": list(command.objective_codes),
            "sequence": given.sequence,
            "given_at": self._transaction.now,
        }
        await self._db.execute(_INSERT_FEEDBACK, feedback)
        receivers = [(each, learner_id) for each in given_to for learner_id in each.learner_ids]
        words = {
            "feedback_id": given.feedback_id,
            "provider_id": given.provider_id,
            "session_id": given.session_id,
            "comment": command.comment,
            "learner_id": [learner_id for _, learner_id in receivers],
            "institution_id": [booking.institution_id for booking, _ in receivers],
            "booking_id": [booking.booking_id for booking, _ in receivers],
        }
        await self._db.execute(_INSERT_WORDS, words)
        publish(self._transaction, given)

    async def reflections_of(self, institution_id: UUID, learner_id: UUID) -> Sequence[UUID]:
        whose = {"institution_id": institution_id, "learner_id": learner_id}
        return (await self._db.scalars(_REFLECTED_ON, whose)).all()

    async def save_reflection(self, command: SubmitReflection, submitted: ReflectionSubmitted) -> None:
        values = {
            "reflection_id": command.reflection_id,
            "institution_id": command.institution_id,
            "learner_id": command.learner_id,
            "session_id": command.session_id,
            "text": command.text,
            "objective_codes": list(command.objective_codes),
            "skills": list(command.skills),
            "submitted_on": submitted.on,
            "submitted_at": self._transaction.now,
        }
        await self._db.execute(_INSERT_REFLECTION, values)
        publish(self._transaction, submitted)
