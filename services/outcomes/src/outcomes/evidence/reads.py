"""The queries about words, as SQL under row-level security."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from outcomes.evidence.queries import FeedbackReceived, ReflectionWritten
from shared.persistence.database import Database
from shared.persistence.reading import reading

_LEARNER = text(
    "select count(*) from learners where institution_id = :institution_id and learner_id = :learner_id"
)
_FEEDBACK = text(
    """
    select l.feedback_id, l.session_id, l.provider_id, l.comment, f.objective_codes, f.given_at
    from feedback_learners l join feedback f on f.feedback_id = l.feedback_id
    where l.institution_id = :institution_id and l.learner_id = :learner_id
      and (cast(:after as uuid) is null or l.feedback_id > :after)
    order by l.feedback_id limit :limit
    """
)
_REFLECTIONS = text(
    """
    select reflection_id, session_id, text, objective_codes, skills, submitted_on from reflections
    where institution_id = :institution_id and learner_id = :learner_id
      and (cast(:after as uuid) is null or reflection_id > :after)
    order by reflection_id limit :limit
    """
)


class EvidenceReads:
    """Answers from the words that lie beside a learner."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def feedback(
        self, institution_id: UUID, learner_id: UUID, after: UUID | None, limit: int
    ) -> Sequence[FeedbackReceived] | None:
        asked = {"institution_id": institution_id, "learner_id": learner_id, "after": after, "limit": limit}
        async with reading(self._database, {institution_id}) as db:
            if not await db.scalar(_LEARNER, asked):
                return None
            return [FeedbackReceived(*row) for row in await db.execute(_FEEDBACK, asked)]

    async def reflections(
        self, institution_id: UUID, learner_id: UUID, after: UUID | None, limit: int
    ) -> Sequence[ReflectionWritten] | None:
        asked = {"institution_id": institution_id, "learner_id": learner_id, "after": after, "limit": limit}
        async with reading(self._database, {institution_id}) as db:
            if not await db.scalar(_LEARNER, asked):
                return None
            return [ReflectionWritten(*row) for row in await db.execute(_REFLECTIONS, asked)]
