"""The table of supervisors: one row for each adult, as the provider last gave it."""

from sqlalchemy import text

from safeguarding.supervisors.commands import RecordSupervisor
from shared.bus.transaction import Transaction

# Whoever decides about an adult and whoever records something of one take turns.
LOCK = text(
    """
    select pg_advisory_xact_lock(hashtextextended('supervisor ' || id, 0))
    from unnest(cast(:ids as uuid[])) with ordinality as wanted(id, position) order by position
    """
)
_SAVE = text(
    """
    insert into supervisors
      (provider_id, supervisor_id, dbs_type, dbs_seen_on, dbs_seen_by_role, dbs_outcome)
    values (:provider_id, :supervisor_id, :type, :seen_on, :seen_by_role, :outcome)
    on conflict (provider_id, supervisor_id) do update
    set dbs_type = excluded.dbs_type, dbs_seen_on = excluded.dbs_seen_on,
        dbs_seen_by_role = excluded.dbs_seen_by_role, dbs_outcome = excluded.dbs_outcome
    """
)


class SupervisorRepository:
    """Stores what is known of adults who supervise."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def save(self, supervisor: RecordSupervisor) -> None:
        await self._db.execute(LOCK, {"ids": [supervisor.supervisor_id]})
        check = supervisor.check
        values = {
            "provider_id": supervisor.provider_id,
            "supervisor_id": supervisor.supervisor_id,
            "type": check and check.type,
            "seen_on": check and check.seen_on,
            "seen_by_role": check and check.seen_by_role,
            "outcome": check and check.outcome,
        }
        await self._db.execute(_SAVE, values)
