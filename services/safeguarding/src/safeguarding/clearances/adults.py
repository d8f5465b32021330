"""What safeguarding leads decided about adults: rows that are only added to, of which the latest holds."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from safeguarding.clearances.domain.clearance import Clearance
from safeguarding.clearances.domain.dbs import AdultDecision
from shared.bus.transaction import Transaction
from shared.kernel import new_id

_RECORD = text(
    """
    insert into adult_decisions (decision_id, institution_id, provider_id, site_id, supervisor_id, accepted,
      reason_code, decided_on, serves_until, decided_by)
    select decision_id, :institution_id, :provider_id, :site_id, supervisor_id, :accepted,
      :reason_code, :decided_on, :serves_until, :decided_by
    from unnest(cast(:decision_ids as uuid[]), cast(:supervisor_ids as uuid[]))
      as r(decision_id, supervisor_id)
    """
)


class AdultDecisionRepository:
    """Keeps each decision about an adult at a site, with its reason, its day and its last day."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def record(
        self, clearance: Clearance, adults: Collection[UUID], decision: AdultDecision, subject: str
    ) -> None:
        values = {
            "decision_ids": [new_id() for _ in adults],
            "supervisor_ids": list(adults),
            "institution_id": clearance.institution_id,
            "provider_id": clearance.provider_id,
            "site_id": clearance.case.site_id,
            "accepted": decision.accepted,
            "reason_code": decision.reason_code,
            "decided_on": decision.decided_on,
            "serves_until": decision.serves_until,
            "decided_by": subject,
        }
        await self._db.execute(_RECORD, values)
