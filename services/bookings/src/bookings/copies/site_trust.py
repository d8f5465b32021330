"""Whether a provider's site is trusted: one rule with one text, for whoever asks.

An assurance of the site and band is in force, and none is suspended. A site without any is not trusted.
"""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import text

from bookings.copies.domain import AssuredSite
from shared.bus.transaction import Transaction

# Of an opportunity `o`; its copy has a site only where that site's assurance is in question.
TRUSTED = """
(o.site_id is null or exists (
  select from site_trust t
  where t.provider_id = o.provider_id and t.site_id = o.site_id and t.activity_band = o.activity_band
    and t.trusted))
"""
_TRUSTS = text(
    f"""
    select {TRUSTED}
    from (values (cast(:provider_id as uuid), cast(:site_id as uuid), cast(:activity_band as text)))
      as o(provider_id, site_id, activity_band)
    """  # noqa: S608 - the fragment above
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
    f"""
    select {TRUSTED} from sessions s join opportunities o using (opportunity_id)
    where s.session_id = :session_id
    """  # noqa: S608 - the fragment above
)


class CopiedSiteTrust:
    """Answers from the assurances that were copied."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def trusts(self, site: AssuredSite) -> bool:
        return bool(await self._db.scalar(_TRUSTS, asdict(site)))

    async def trusts_session(self, session_id: UUID) -> bool:
        await self._db.execute(_LOCK_ASSURANCES, {"session_id": session_id})
        return bool(await self._db.scalar(_TRUSTS_SESSION, {"session_id": session_id}))
