"""The case of a booking, gathered in few statements from copies, assurances, supervisors and their days."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from safeguarding.assurances.domain.trust import AssuranceSnapshot
from safeguarding.clearances.domain.clearance_rules import Case, Learners
from safeguarding.clearances.domain.dbs import AdultDecision, Supervisor, busiest_period, unnamed_adult
from safeguarding.clearances.ports import ClearanceRuleVersions
from safeguarding.supervisors.domain import DbsCheck, NoCheckNeeded
from safeguarding.supervisors.repository import LOCK, LOCK_SHARED
from shared.bus.transaction import Transaction
from shared.kernel import NotYetKnown

_SESSION = text(
    """
    select o.format, o.mode, o.activity_band, o.accompanied,
           s.days, s.overnight, s.cancelled, s.provider_id, s.site_id, s.supervisor_ids,
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
           s.no_check_ground, s.no_check_stated_by_role, s.no_check_stated_on,
           a.accepted, a.reason_code, a.decided_on, a.serves_until,
           array(select distinct d.on_day from supervised_days d
                 where d.provider_id = :provider_id and d.supervisor_id in (wanted.id, :unnamed)
                   and d.booking_id <> :booking_id
                   and d.on_day between :first and :last order by 1) as days
    from unnest(cast(:ids as uuid[])) as wanted(id)
    left join supervisors s on s.provider_id = :provider_id and s.supervisor_id = wanted.id
    left join lateral (
      select accepted, reason_code, decided_on, serves_until from adult_decisions
      where institution_id = :institution_id and provider_id = :provider_id
        and supervisor_id = wanted.id and site_id is not distinct from :site_id
      order by decision_id desc limit 1) a on true
    order by wanted.id
    """
)
# Days of each adult who is named at the site: any of them may be whom a session does not name.
_NAMED_THERE = text(
    """
    select array_agg(distinct on_day order by on_day) as days from supervised_days
    where provider_id = :provider_id and site_id is not distinct from :site_id
      and supervisor_id <> :unnamed and booking_id <> :booking_id and on_day between :first and :last
    group by supervisor_id
    """
)


class CaseReader:
    """Gathers what a decision rests on."""

    def __init__(self, transaction: Transaction, rules: ClearanceRuleVersions) -> None:
        self._db = transaction.db
        self._today = transaction.today
        self._rules = rules

    async def of(
        self, booking_id: UUID, session_id: UUID, institution_id: UUID, provider_id: UUID, learners: Learners
    ) -> Case:
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
            decided_on=self._today,
            supervisors=await self._supervisors(
                row,
                booking_id=booking_id,
                institution_id=institution_id,
                provider_id=provider_id,
                site_id=row.site_id,
            ),
        )

    async def _what_is_missing(self, session_id: UUID, provider_id: UUID) -> NotYetKnown:
        session = (await self._db.execute(_MISSING, {"session_id": session_id})).one_or_none()
        if session is None:
            return NotYetKnown("the session", session_id)
        if not session.has_opportunity:
            return NotYetKnown("the session's opportunity", session.opportunity_id)
        return NotYetKnown("the session's provider", provider_id)

    async def _supervisors(self, session: Any, **of: UUID | None) -> tuple[Supervisor, ...]:
        """The adults of a session, or the unnamed one of its site, with their days elsewhere."""
        unnamed = unnamed_adult(session.provider_id, session.site_id)
        named: list[UUID] = sorted(session.supervisor_ids)
        # Two bookings of one adult are decided one after the other: neither would see the other's days. The
        # unnamed adult may be any of the site, and any of the site whoever is not named.
        await self._db.execute(LOCK, {"ids": named or [unnamed]})
        if named:
            await self._db.execute(LOCK_SHARED, {"id": str(unnamed)})
        # A period with a day of the session in it reaches at most so far before and after the session.
        period_days = self._rules.on(max(session.days)).dbs.period_days
        reach = timedelta(days=period_days - 1)
        window = of | {
            "unnamed": unnamed,
            "first": min(session.days) - reach,
            "last": max(session.days) + reach,
        }
        rows = await self._db.execute(_SUPERVISORS, {**window, "ids": named or [unnamed]})
        found = tuple(_supervisor(row, named=bool(named)) for row in rows)
        if named:
            return found
        [anybody] = found
        candidates = [each.days for each in await self._db.execute(_NAMED_THERE, window)]
        every = [sorted({*anybody.other_days, *days}) for days in [[], *candidates]]
        busiest = max(every, key=lambda days: busiest_period(session.days, days, period_days))
        return (replace(anybody, other_days=tuple(busiest)),)


def _supervisor(row: Any, *, named: bool) -> Supervisor:
    return Supervisor(
        row.id,
        tuple(row.days),
        _check(row),
        named,
        row.no_check_ground
        and NoCheckNeeded(row.no_check_ground, row.no_check_stated_by_role, row.no_check_stated_on),
        None
        if row.accepted is None
        else AdultDecision(row.accepted, row.reason_code, row.decided_on, row.serves_until),
    )


def _check(row: Any) -> DbsCheck | None:
    if row.dbs_type is None:
        return None
    return DbsCheck(row.dbs_type, row.dbs_seen_on, row.dbs_seen_by_role, row.dbs_outcome)
