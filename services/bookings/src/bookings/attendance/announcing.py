"""Registers told again as they were last taken."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.attendance.domain import AttendanceEntry, AttendanceRecorded, AttendanceRegister
from bookings.attendance.publishing import contract_of
from bookings.learners.announcing import INSTITUTIONS
from shared.contracts.bookings import EVENTS
from shared.messaging.announcing import Announcement, Page, Said

_PAGE = text(
    """
    with page as materialized (
      select booking_id, session_id, opportunity_id, institution_id, provider_id, version from bookings b
      where institution_id = any (cast(:tenants as uuid[]))
        and (cast(:after as uuid) is null or booking_id > :after)
        and (cast(:since as date) is null or last_day >= :since)
        and exists (select from attendance a where a.booking_id = b.booking_id)
      order by booking_id limit :limit for share
    )
    select p.*, a.on_day, array_agg(a.learner_id order by a.learner_id) as learner_ids,
           array_agg(a.attended order by a.learner_id) as attended,
           array_agg(a.minutes order by a.learner_id) as minutes
    from page p join attendance a using (institution_id, provider_id, booking_id)
    group by p.booking_id, p.session_id, p.opportunity_id, p.institution_id, p.provider_id, p.version,
             a.on_day
    order by p.booking_id, a.on_day
    """
)


async def _registers(db: AsyncSession, page: Page) -> Sequence[Said]:
    said = []
    rows = await db.execute(_PAGE, page.values())
    for booking_id, registers in groupby(rows, attrgetter("booking_id")):
        said.append(Said(booking_id, [(contract_of(_recorded(row)), row.version) for row in registers]))
    return said


def _recorded(row: Any) -> AttendanceRecorded:
    entries = tuple(map(AttendanceEntry, row.learner_ids, row.attended, row.minutes))
    return AttendanceRecorded(
        row.booking_id,
        row.session_id,
        row.opportunity_id,
        row.institution_id,
        row.provider_id,
        AttendanceRegister(row.on_day, entries),
    )


ANNOUNCED = Announcement("attendance", EVENTS, INSTITUTIONS, _registers)
