"""Clearances to rows and back; the case of a booking, gathered in few statements."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select, text
from sqlmodel import col

from safeguarding.adapters import publishing
from safeguarding.adapters.tables import ClearanceRow
from safeguarding.application import rules
from safeguarding.assurances.domain.trust import AssuranceSnapshot
from safeguarding.domain.clearances import Clearance
from safeguarding.domain.clearing import Case, Learners
from safeguarding.domain.dbs import Supervisor
from safeguarding.supervisors.domain import DbsCheck
from shared.bus.transaction import Transaction
from shared.kernel import NotFound, NotYetKnown
from shared.persistence.rows import save_row

CASE: TypeAdapter[Case] = TypeAdapter(Case)
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
    """
)
# Two bookings of one adult are decided one after the other: neither would see the other's days.
_LOCK = text(
    """
    select pg_advisory_xact_lock(hashtextextended('supervisor ' || id, 0))
    from unnest(cast(:ids as uuid[])) with ordinality as wanted(id, position) order by position
    """
)
_SUPERVISORS = text(
    """
    select wanted.id, s.dbs_type, s.dbs_seen_on, s.dbs_seen_by_role, s.dbs_outcome,
           array(select distinct d.on_day from supervised_days d
                 where d.provider_id = :provider_id and d.supervisor_id = wanted.id
                   and d.on_day between :first and :last order by 1) as days
    from unnest(cast(:ids as uuid[])) as wanted(id)
    left join supervisors s on s.provider_id = :provider_id and s.supervisor_id = wanted.id
    order by wanted.id
    """
)
_NO_DAYS = text("delete from supervised_days where booking_id = :booking_id")
_DAYS = text(
    """
    insert into supervised_days (provider_id, supervisor_id, on_day, booking_id, institution_id)
    select :provider_id, r.supervisor_id, r.on_day, :booking_id, :institution_id
    from unnest(cast(:supervisor_ids as uuid[]), cast(:days as date[])) as r(supervisor_id, on_day)
    """
)
_FORGET = text(
    """
    update clearances set under_16_learners = array_remove(under_16_learners, :learner_id)
    where institution_id = :institution_id and :learner_id = any (under_16_learners)
    """
)


class ClearanceRepository:
    """Clearances with the days on which their adults supervise."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def case_of(self, session_id: UUID, provider_id: UUID, learners: Learners) -> Case:
        found = await self._db.execute(_SESSION, {"session_id": session_id, "provider_id": provider_id})
        row = found.one_or_none()
        if row is None:
            raise NotYetKnown(f"session {session_id}, its opportunity or its provider")
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
            supervisors=await self._supervisors(sorted(row.supervisor_ids), provider_id, row.days),
        )

    async def _supervisors(
        self, ids: list[UUID], provider_id: UUID, days: Sequence[date]
    ) -> tuple[Supervisor, ...]:
        if not ids:
            return ()
        await self._db.execute(_LOCK, {"ids": ids})
        # A period may be as long as the rules of any date make it.
        reach = timedelta(days=rules.clearance_rules_on(max(days)).dbs.period_days - 1)
        window = {
            "ids": ids,
            "provider_id": provider_id,
            "first": min(days) - reach,
            "last": max(days) + reach,
        }
        rows = await self._db.execute(_SUPERVISORS, window)
        return tuple(Supervisor(row.id, tuple(row.days), _check(row)) for row in rows)

    async def of_booking(self, booking_id: UUID) -> Clearance | None:
        row = await self._db.scalar(select(ClearanceRow).where(col(ClearanceRow.booking_id) == booking_id))
        return clearance_of(row) if row else None

    async def get(self, clearance_id: UUID, institutions: Iterable[UUID]) -> Clearance:
        row = await self._db.scalar(
            select(ClearanceRow).where(
                col(ClearanceRow.clearance_id) == clearance_id,
                col(ClearanceRow.institution_id).in_(list(institutions)),
            )
        )
        if row is None:
            raise NotFound("There is no such clearance, or it is not yours to decide")
        return clearance_of(row)

    async def save(self, clearance: Clearance) -> None:
        changes = clearance.take_events()
        if not changes:
            return
        await save_row(self._db, self._row(clearance), changes=len(changes))
        if clearance.version > len(changes):
            await self._db.execute(_NO_DAYS, {"booking_id": clearance.booking_id})
        if days := sorted(clearance.supervised_days()):
            values = {
                "provider_id": clearance.provider_id,
                "booking_id": clearance.booking_id,
                "institution_id": clearance.institution_id,
                "supervisor_ids": [supervisor for supervisor, _ in days],
                "days": [day for _, day in days],
            }
            await self._db.execute(_DAYS, values)
        for sequence, event in changes:
            publishing.say(self._transaction, event, sequence)

    async def forget_learner(self, learner_id: UUID, institution_id: UUID) -> None:
        await self._db.execute(_FORGET, {"learner_id": learner_id, "institution_id": institution_id})

    def _row(self, clearance: Clearance) -> ClearanceRow:
        return ClearanceRow(
            clearance_id=clearance.id,
            booking_id=clearance.booking_id,
            session_id=clearance.session_id,
            institution_id=clearance.institution_id,
            provider_id=clearance.provider_id,
            state=clearance.state,
            rule_version=clearance.rule_version,
            reason_codes=list(clearance.reason_codes),
            inputs=CASE.dump_python(clearance.case, mode="json"),
            under_16_learners=sorted(clearance.under_16_learners),
            decided_by=clearance.decided_by,
            decided_at=self._transaction.now,
            version=clearance.version,
        )


def _check(row: Any) -> DbsCheck | None:
    if row.dbs_type is None:
        return None
    return DbsCheck(row.dbs_type, row.dbs_seen_on, row.dbs_seen_by_role, row.dbs_outcome)


def clearance_of(row: ClearanceRow) -> Clearance:
    """A row as the clearance it keeps."""
    return Clearance(
        row.clearance_id,
        row.booking_id,
        row.session_id,
        row.institution_id,
        row.provider_id,
        CASE.validate_python(row.inputs),
        frozenset(row.under_16_learners),
        row.state,
        row.rule_version,
        tuple(row.reason_codes),
        row.decided_by,
        version=row.version,
    )
