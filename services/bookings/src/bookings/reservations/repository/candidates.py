"""Learners somebody wants to book, with what they are booked onto already."""

from collections.abc import Sequence

from sqlalchemy import text

from bookings.reservations.domain.eligibility import Candidate
from bookings.reservations.ports import PlacesRequest
from shared.bus.transaction import Transaction

_CANDIDATES = text(
    """
    select a.position, l.learner_id, l.year_group, l.birth_date,
      exists (select from booking_learners b
              where b.institution_id = l.institution_id and b.session_id = a.session_id
                and b.learner_id = l.learner_id and b.live) as booked,
      exists (select from learner_days d join session_days s on s.during && d.during
              where s.session_id = a.session_id and d.institution_id = l.institution_id
                and d.learner_id = l.learner_id) as busy,
      l.priority_flags
    from unnest(cast(:positions as int[]), cast(:institution_ids as uuid[]), cast(:session_ids as uuid[]),
                cast(:learner_ids as uuid[])) as a(position, institution_id, session_id, learner_id)
    join learners l using (institution_id, learner_id)
    where l.on_roll order by a.position, l.learner_id
    for key share of l
    """
)


class CandidateRepository:
    """Reads learners beside their bookings and days, many requests in one statement.

    No birth date is corrected before these requests are committed: the correction finds their bookings.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def of(self, requests: Sequence[PlacesRequest]) -> list[list[Candidate]]:
        if not requests:
            return []
        pairs = [(position, each, id_) for position, each in enumerate(requests) for id_ in each.learner_ids]
        rows = await self._db.execute(
            _CANDIDATES,
            {
                "positions": [position for position, _, _ in pairs],
                "institution_ids": [each.institution_id for _, each, _ in pairs],
                "session_ids": [each.session_id for _, each, _ in pairs],
                "learner_ids": [learner_id for _, _, learner_id in pairs],
            },
        )
        found: list[list[Candidate]] = [[] for _ in requests]
        for position, *facts in rows:
            found[position].append(Candidate(*facts))
        return found
