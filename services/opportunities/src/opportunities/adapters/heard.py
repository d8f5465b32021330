"""What other services said, kept as they last said it: an older word never replaces a newer one."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from opportunities.adapters.tables import AssuranceRow
from opportunities.domain.assurances import Assurance
from shared.bus.transaction import Transaction

# Held to the end of the transaction: what is published now and what loses its trust now
# must see each other.
_HOLD = text("select pg_advisory_xact_lock(hashtextextended('assurances ' || :provider_id, 0))")
_KEEP_ASSURANCE = text(
    """
    insert into assurances as known (assurance_id, provider_id, site_id, activity_band, standing,
                                     valid_from, valid_until, sequence, said_at)
    values (:id, :provider_id, :site_id, :activity_band, :standing,
            :valid_from, :valid_until, :sequence, :said_at)
    on conflict (assurance_id) do update
    set standing = excluded.standing, sequence = excluded.sequence, said_at = excluded.said_at,
        valid_from = coalesce(excluded.valid_from, known.valid_from),
        valid_until = coalesce(excluded.valid_until, known.valid_until)
    where known.sequence < excluded.sequence
    """
)
_KEEP_PLACES = text(
    """
    insert into places_taken as known (session_id, taken, sequence) values (:session_id, :taken, :sequence)
    on conflict (session_id) do update set taken = excluded.taken, sequence = excluded.sequence
    where known.sequence < excluded.sequence
    """
)
_KEEP_FRAMEWORK = text(
    """
    insert into frameworks as known (framework, version, objective_codes, sequence)
    values (:framework, :version, :objective_codes, :sequence)
    on conflict (framework) do update
    set version = excluded.version, objective_codes = excluded.objective_codes, sequence = excluded.sequence
    where known.sequence < excluded.sequence
    """
)
_OBJECTIVES = text("select objective_codes from frameworks")


class HeardFacts:
    """The copies of assurances, places taken and frameworks."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def keep_assurance(self, said: Assurance) -> None:
        await self._db.execute(_HOLD, {"provider_id": str(said.provider_id)})
        await self._db.execute(_KEEP_ASSURANCE, asdict(said))

    async def assurance(self, assurance_id: UUID) -> Assurance | None:
        row = await self._db.get(AssuranceRow, assurance_id)
        return _assurance(row) if row else None

    async def assurances(self, provider_id: UUID, site_id: UUID, activity_band: str) -> list[Assurance]:
        await self._db.execute(_HOLD, {"provider_id": str(provider_id)})
        rows = await self._db.scalars(
            select(AssuranceRow).where(
                col(AssuranceRow.provider_id) == provider_id,
                col(AssuranceRow.site_id) == site_id,
                col(AssuranceRow.activity_band) == activity_band,
            )
        )
        return [_assurance(row) for row in rows]

    async def keep_places(self, session_id: UUID, taken: int, sequence: int) -> None:
        await self._db.execute(_KEEP_PLACES, {"session_id": session_id, "taken": taken, "sequence": sequence})

    async def keep_framework(
        self, framework: str, version: str, objective_codes: tuple[str, ...], sequence: int
    ) -> None:
        values = {"framework": framework, "version": version, "sequence": sequence}
        await self._db.execute(_KEEP_FRAMEWORK, {**values, "objective_codes": list(objective_codes)})

    async def objective_codes(self) -> frozenset[str] | None:
        rows = (await self._db.scalars(_OBJECTIVES)).all()
        return frozenset(code for codes in rows for code in codes) if rows else None


def _assurance(row: AssuranceRow) -> Assurance:
    values = row.model_dump()
    return Assurance(id=values.pop("assurance_id"), **values)
