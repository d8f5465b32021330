"""The case of a booking, gathered in few statements from copies, assurances, supervisors and their days."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from safeguarding.assurances.domain.trust import AssuranceSnapshot
from safeguarding.clearances.domain.clearance_rules import Case, Learners
from safeguarding.clearances.domain.dbs import Supervisor
from safeguarding.clearances.ports import ClearanceRuleVersions
from safeguarding.supervisors.domain import DbsCheck
from safeguarding.supervisors.repository import LOCK
from shared.bus.transaction import Transaction
from shared.kernel import NotYetKnown

_SESSION = text(
    """
    select o.format, o.mode, o.activity_band, o.accompanied,
           s.days, s.overnight, s.cancelled, s.site_id, s.supervisor_ids,
           p.open, k.local_authority_code, a.assurance_id, a.state, a.valid_from, a.valid_until
    from known_sessions s
    join known_opportunities o using (opportunity_id)
    join known_organisations p on p.organisation_id = s.provider_id
    left join known_sites k on k.provider_id = s.provider_id and k.site_id = s.site_id
    left join assurances a on a.provider_id = s.provider_id and a.site_id = s.site_id
                          and a.activity_band = o.activity_band
    where s.session_id = :session_id and s.provider_id = :provider_id
    for share of s
    """
)
_MISSING = text(
    """
    select s.opportunity_id, o.opportunity_id is not null as has_opportunity
    from known_sessions s left join known_opportunities o using (opportunity_id)
    where s.session_id = :session_id
    """
)
_SUPERVISORS = text(
    """
    select wanted.id, s.dbs_type, s.dbs_seen_on, s.dbs_seen_by_role, s.dbs_outcome,
           array(select distinct d.on_day from supervised_days d
                 where d.provider_id = :provider_id and d.supervisor_id = wanted.id
                   and d.booking_id <> :booking_id
                   and d.on_day between :first and :last order by 1) as days
    from unnest(cast(:ids as uuid[])) as wanted(id)
    left join supervisors s on s.provider_id = :provider_id and s.supervisor_id = wanted.id
    order by wanted.id
    """
)


class CaseReader:
    """Gathers what a decision rests on."""

    def __init__(self, transaction: Transaction, rules: ClearanceRuleVersions) -> None:
        self._db = transaction.db
        self._rules = rules

    async def of(self, booking_id: UUID, session_id: UUID, provider_id: UUID, learners: Learners) -> Case:
        found = await self._db.execute(_SESSION, {"session_id": session_id, "provider_id": provider_id})
        row = found.one_or_none()
        if row is None:
            raise await self._what_is_missing(session_id, provider_id)
        assurance = row.assurance_id and AssuranceSnapshot(
            row.assurance_id, row.state, row.valid_from, row.valid_until
        )
        return Case(
            format=row.format,
            mode=row.mode,
            activity_band=row.activity_band,
            accompanied=row.accompanied,
            days=tuple(sorted(row.days)),
            overnight=row.overnight,
            session_cancelled=row.cancelled,
            provider_open=row.open,
            site_id=row.site_id,
            local_authority_code=row.local_authority_code,
            assurance=assurance,
            learners=learners,
            supervisors=await self._supervisors(
                sorted(row.supervisor_ids), booking_id, provider_id, row.days
            ),
        )

    async def _what_is_missing(self, session_id: UUID, provider_id: UUID) -> NotYetKnown:
        session = (await self._db.execute(_MISSING, {"session_id": session_id})).one_or_none()
        if session is None:
            return NotYetKnown("the session", session_id)
        if not session.has_opportunity:
            return NotYetKnown("the session's opportunity", session.opportunity_id)
        return NotYetKnown("the session's provider", provider_id)

    async def _supervisors(
        self, ids: list[UUID], booking_id: UUID, provider_id: UUID, days: Sequence[date]
    ) -> tuple[Supervisor, ...]:
        if not ids:
            return ()
        # Two bookings of one adult are decided one after the other: neither would see the other's days.
        await self._db.execute(LOCK, {"ids": ids})
        # A period with a day of the session in it reaches at most so far before and after the session.
        reach = timedelta(days=self._rules.on(max(days)).dbs.period_days - 1)
        window = {
            "ids": ids,
            "booking_id": booking_id,
            "provider_id": provider_id,
            "first": min(days) - reach,
            "last": max(days) + reach,
        }
        rows = await self._db.execute(_SUPERVISORS, window)
        return tuple(Supervisor(row.id, tuple(row.days), _check(row)) for row in rows)


def _check(row: Any) -> DbsCheck | None:
    if row.dbs_type is None:
        return None
    return DbsCheck(row.dbs_type, row.dbs_seen_on, row.dbs_seen_by_role, row.dbs_outcome)
