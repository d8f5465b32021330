"""Clearances told again as they were last decided."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from safeguarding.clearances.domain.clearance import ENDED, ClearanceDecided
from safeguarding.clearances.publishing import contract_of
from shared.contracts.safeguarding import CLEARANCES
from shared.messaging.announcing import Announcement, Page, Said

INSTITUTIONS = text("select organisation_id from known_organisations where kind = 'institution'")
_PAGE = text(
    """
    select clearance_id, booking_id, institution_id, provider_id, state, rule_version, reason_codes, version
    from clearances c
    where institution_id = any (cast(:tenants as uuid[])) and state <> :ended
      and (cast(:after as uuid) is null or clearance_id > :after)
      and (cast(:since as date) is null or exists (
        select from known_sessions s where s.session_id = c.session_id and :since <= any (s.days)))
    order by clearance_id limit :limit for share
    """
)


async def _clearances(db: AsyncSession, page: Page) -> Sequence[Said]:
    rows = await db.execute(_PAGE, page.values(ended=ENDED))
    return [Said(row.clearance_id, [(contract_of(_decided(row)), row.version)]) for row in rows]


def _decided(row: Any) -> ClearanceDecided:
    return ClearanceDecided(
        row.clearance_id,
        row.booking_id,
        row.institution_id,
        row.provider_id,
        row.state,
        row.rule_version,
        tuple(row.reason_codes),
    )


ANNOUNCED = Announcement("clearances", CLEARANCES, INSTITUTIONS, _clearances)
