"""Keeps copies of other services' facts: of each the newest, by the sequence of its events."""

from collections import defaultdict
from dataclasses import asdict
from datetime import date
from uuid import UUID

from sqlalchemy import text

from opportunities.copies.domain import ASSURANCE_BEGINS, Assurance, ProviderStanding, why_not_assured
from shared.bus.transaction import Transaction

# Held to the end of the transaction: what is published now and what loses its trust now
# must see each other.
_LOCK_PROVIDER = text("select pg_advisory_xact_lock(hashtextextended('assurances ' || :provider_id, 0))")
_COPY_ASSURANCE = text(
    """
    insert into assurances as known (assurance_id, provider_id, site_id, activity_band, standing,
                                     valid_from, valid_until, sequence, said_at)
    values (:id, :provider_id, :site_id, :activity_band, :state,
            :valid_from, :valid_until, :sequence, :changed_at)
    on conflict (assurance_id) do update
    set standing = excluded.standing, sequence = excluded.sequence, said_at = excluded.said_at,
        valid_from = coalesce(excluded.valid_from, known.valid_from),
        valid_until = coalesce(excluded.valid_until, known.valid_until)
    where known.sequence < excluded.sequence
    """
)
_COPY_PLACES_TAKEN = text(
    """
    insert into places_taken as known (session_id, taken, sequence) values (:session_id, :taken, :sequence)
    on conflict (session_id) do update set taken = excluded.taken, sequence = excluded.sequence
    where known.sequence < excluded.sequence
    """
)
_COPY_FRAMEWORK = text(
    """
    insert into frameworks as known (framework, version, objective_codes, sequence)
    values (:framework, :version, :objective_codes, :sequence)
    on conflict (framework) do update
    set version = excluded.version, objective_codes = excluded.objective_codes, sequence = excluded.sequence
    where known.sequence < excluded.sequence
    """
)
_ASSURANCE = """
    select assurance_id as id, provider_id, site_id, activity_band, standing as state,
           valid_from, valid_until, sequence, said_at as changed_at
    from assurances
    """
_ASSURANCE_BY_ID = text(f"{_ASSURANCE} where assurance_id = :id")
_ASSURANCES_OF_SITE = text(
    f"{_ASSURANCE} where provider_id = :provider_id and site_id = :site_id and activity_band = :activity_band"
)
_ASSURANCES_OF_PROVIDER = text(f"{_ASSURANCE} where provider_id = :provider_id")
_COPY_STANDING = text(
    """
    insert into provider_suspensions as known (provider_id, scope_id, suspended, sequence)
    values (:provider_id, :scope_id, :suspended, :sequence)
    on conflict (provider_id, scope_id) do update
    set suspended = excluded.suspended, sequence = excluded.sequence
    where known.sequence < excluded.sequence returning true
    """
)
_IS_SUSPENDED = text(
    """
    select exists (
      select from provider_suspensions
      where provider_id = :provider_id and suspended
        and scope_id in (:provider_id, cast(:site_id as uuid)))
    """
)
_OBJECTIVES = text("select objective_codes from frameworks")


class CopyRepository:
    """The copies of assurances, places taken and frameworks."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def copy_assurance(self, assurance: Assurance) -> None:
        await self._lock_provider(assurance.provider_id)
        await self._db.execute(_COPY_ASSURANCE, asdict(assurance))
        if begins_at := assurance.begins_at(self._transaction.today):
            await self._transaction.wait_until(
                ASSURANCE_BEGINS, assurance.id, assurance.provider_id, begins_at
            )

    async def assurance(self, assurance_id: UUID) -> Assurance | None:
        found = (await self._db.execute(_ASSURANCE_BY_ID, {"id": assurance_id})).mappings().one_or_none()
        return Assurance(**found) if found else None

    async def assurances(self, provider_id: UUID, site_id: UUID, activity_band: str) -> list[Assurance]:
        await self._lock_provider(provider_id)
        values = {"provider_id": provider_id, "site_id": site_id, "activity_band": activity_band}
        return [Assurance(**row) for row in (await self._db.execute(_ASSURANCES_OF_SITE, values)).mappings()]

    async def assured_sites(self, provider_id: UUID, on: date) -> list[tuple[UUID, str]]:
        await self._lock_provider(provider_id)
        found: dict[tuple[UUID, str], list[Assurance]] = defaultdict(list)
        of_provider = {"provider_id": provider_id}
        for row in (await self._db.execute(_ASSURANCES_OF_PROVIDER, of_provider)).mappings():
            assurance = Assurance(**row)
            found[assurance.site_id, assurance.activity_band].append(assurance)
        return [place for place, known in found.items() if why_not_assured(known, on) is None]

    async def copy_standing(self, standing: ProviderStanding) -> bool:
        await self._lock_provider(standing.provider_id)
        values = {
            "provider_id": standing.provider_id,
            "scope_id": standing.site_id or standing.provider_id,
            "suspended": standing.suspended,
            "sequence": standing.sequence,
        }
        return bool(await self._db.scalar(_COPY_STANDING, values))

    async def is_suspended(self, provider_id: UUID, site_id: UUID | None) -> bool:
        await self._lock_provider(provider_id)
        values = {"provider_id": provider_id, "site_id": site_id}
        return bool(await self._db.scalar(_IS_SUSPENDED, values))

    async def copy_places_taken(self, session_id: UUID, taken: int, sequence: int) -> None:
        values = {"session_id": session_id, "taken": taken, "sequence": sequence}
        await self._db.execute(_COPY_PLACES_TAKEN, values)

    async def copy_framework(
        self, framework: str, version: str, objective_codes: tuple[str, ...], sequence: int
    ) -> None:
        values = {"framework": framework, "version": version, "sequence": sequence}
        await self._db.execute(_COPY_FRAMEWORK, {**values, "objective_codes": list(objective_codes)})

    async def objective_codes(self) -> frozenset[str] | None:
        rows = (await self._db.scalars(_OBJECTIVES)).all()
        return frozenset(code for codes in rows for code in codes) if rows else None

    async def _lock_provider(self, provider_id: UUID) -> None:
        await self._db.execute(_LOCK_PROVIDER, {"provider_id": str(provider_id)})
