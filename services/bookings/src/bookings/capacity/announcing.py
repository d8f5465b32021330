"""Places taken told again as they stand."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.bookings import PLACES, PlacesChanged
from shared.messaging.announcing import Announcement, Page, Said

_PAGE = text(
    """
    select p.session_id, p.opportunity_id, p.places, p.taken, p.version
    from session_places p join sessions s using (session_id)
    where p.version > 0 and (cast(:after as uuid) is null or p.session_id > :after)
      and (cast(:since as date) is null or s.last_day >= :since)
    order by p.session_id limit :limit for share of p
    """
)


async def _places(db: AsyncSession, page: Page) -> Sequence[Said]:
    rows = await db.execute(_PAGE, page.values())
    return [Said(row.session_id, [(_changed(row), row.version)]) for row in rows]


def _changed(row: Any) -> PlacesChanged:
    return PlacesChanged(
        session_id=row.session_id, opportunity_id=row.opportunity_id, places=row.places, taken=row.taken
    )


ANNOUNCED = Announcement("places", PLACES, None, _places)
