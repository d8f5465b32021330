"""Whether a provider's site is trusted, by the copies of its assurances."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import text

from bookings.copies.domain import AssuredSite
from shared.bus.transaction import Transaction

_TRUSTS = text(
    """
    select trusted from site_trust
    where provider_id = :provider_id and site_id = :site_id and activity_band = :activity_band
    """
)
_LOCK_ASSURANCES = text(
    """
    select from assurances a
    join opportunities o using (provider_id, site_id, activity_band)
    join sessions s on s.opportunity_id = o.opportunity_id
    where s.session_id = :session_id for share of a
    """
)
_TRUSTS_SESSION = text(
    """
    select t.trusted from site_trust t
    join opportunities o using (provider_id, site_id, activity_band)
    join sessions s on s.opportunity_id = o.opportunity_id
    where s.session_id = :session_id
    """
)


class CopiedSiteTrust:
    """Answers from the assurances that were copied."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def trusts(self, site: AssuredSite) -> bool:
        return await self._db.scalar(_TRUSTS, asdict(site)) is not False

    async def trusts_session(self, session_id: UUID) -> bool:
        await self._db.execute(_LOCK_ASSURANCES, {"session_id": session_id})
        return await self._db.scalar(_TRUSTS_SESSION, {"session_id": session_id}) is not False
