"""Whether a provider's site is trusted: one rule with one text, for whoever asks.

An assurance of the site and band is in force, and none is suspended. A site without any is not trusted.
Nor is anything of a provider, or at a site, that is suspended, whether an assurance is in question or not.
Places may be asked for at once; whether a booking goes ahead is asked of the session's days.
"""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import text

from bookings.copies.domain import AssuredSite, TrustedDays
from shared.bus.transaction import Transaction

# What a provider's bookings and its suspension meet at: shared by those, and alone by this.
SUSPENSIONS_LOCK = "hashtextextended('suspensions ' || cast({} as text), 0)"
# Of an opportunity `o`, whatever its mode.
SUSPENDED = """
exists (
  select from provider_suspensions h
  where h.provider_id = o.provider_id and h.scope_id in (o.provider_id, o.named_site_id) and h.suspended)
"""
# Of an opportunity `o`; its copy has a site only where that site's assurance is in question.
TRUSTED = f"""
(not {SUSPENDED} and (o.site_id is null or exists (
  select from site_trust t
  where t.provider_id = o.provider_id and t.site_id = o.site_id and t.activity_band = o.activity_band
    and t.trusted)))
"""


def trusted_on_its_days(to_be_renewed: str) -> str:
    """Of an opportunity `o` and its session `s`: whether it is trusted on all days of the session.

    Where `to_be_renewed`, an expression, is true, the last day may come after the assurance's.
    """
    return f"""
({TRUSTED} and (o.site_id is null or exists (
  select from assurances a
  where a.provider_id = o.provider_id and a.site_id = o.site_id and a.activity_band = o.activity_band
    and a.state = 'in_force' and coalesce(a.valid_from <= s.first_day, true)
    and (coalesce(a.valid_until >= s.last_day, true) or {to_be_renewed}))))
"""


_TRUSTED_DAYS = text(
    """
    select a.valid_from, a.valid_until
    from assurances a join site_trust t using (provider_id, site_id, activity_band)
    where a.provider_id = :provider_id and a.site_id = :site_id and a.activity_band = :activity_band
      and t.trusted and a.state = 'in_force'
    order by a.valid_until desc nulls first limit 1
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
# Held against whoever suspends the provider: what is confirmed now and what is suspended now see each other.
_LOCK_PROVIDER = text(
    f"""
    select pg_advisory_xact_lock_shared({SUSPENSIONS_LOCK.format("provider_id")})
    from sessions where session_id = :session_id
    """  # noqa: S608 - the fragment above
)
_IS_SUSPENDED = text(
    """
    select exists (
      select from provider_suspensions
      where provider_id = :provider_id and scope_id in (:provider_id, :site_id) and suspended)
    """
)
_TRUSTS_SESSION = text(
    f"""
    select {trusted_on_its_days(":to_be_renewed")}
    from sessions s join opportunities o using (opportunity_id)
    where s.session_id = :session_id
    """  # noqa: S608 - the fragment above
)


class CopiedSiteTrust:
    """Answers from the assurances that were copied."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def trusted_days(self, site: AssuredSite) -> TrustedDays | None:
        row = (await self._db.execute(_TRUSTED_DAYS, asdict(site))).one_or_none()
        return TrustedDays(*row) if row else None

    async def is_suspended(self, site: AssuredSite) -> bool:
        values = {"provider_id": site.provider_id, "site_id": site.site_id}
        return bool(await self._db.scalar(_IS_SUSPENDED, values))

    async def trusts_session(self, session_id: UUID, *, to_be_renewed: bool) -> bool:
        await self._db.execute(_LOCK_PROVIDER, {"session_id": session_id})
        await self._db.execute(_LOCK_ASSURANCES, {"session_id": session_id})
        values = {"session_id": session_id, "to_be_renewed": to_be_renewed}
        return bool(await self._db.scalar(_TRUSTS_SESSION, values))
