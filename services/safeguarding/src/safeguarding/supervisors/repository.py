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
# Who decides about named adults does so side by side with others, and by turns with who decides about the
# unnamed one.
LOCK_SHARED = text("select pg_advisory_xact_lock_shared(hashtextextended('supervisor ' || :id, 0))")
_SAVE = text(
    """
    insert into supervisors
      (provider_id, supervisor_id, dbs_type, dbs_seen_on, dbs_seen_by_role, dbs_outcome,
       no_check_ground, no_check_stated_by_role, no_check_stated_on)
    values (:provider_id, :supervisor_id, :type, :seen_on, :seen_by_role, :outcome,
            :ground, :stated_by_role, :stated_on)
    on conflict (provider_id, supervisor_id) do update
    set dbs_type = excluded.dbs_type, dbs_seen_on = excluded.dbs_seen_on,
        dbs_seen_by_role = excluded.dbs_seen_by_role, dbs_outcome = excluded.dbs_outcome,
        no_check_ground = excluded.no_check_ground,
        no_check_stated_by_role = excluded.no_check_stated_by_role,
        no_check_stated_on = excluded.no_check_stated_on
    """
)


class SupervisorRepository:
    """Stores what is known of adults who supervise."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def save(self, supervisor: RecordSupervisor) -> None:
        await self._db.execute(LOCK, {"ids": [supervisor.supervisor_id]})
        check, stated = supervisor.check, supervisor.no_check_needed
        values = {
            "provider_id": supervisor.provider_id,
            "supervisor_id": supervisor.supervisor_id,
            "type": check and check.type,
            "seen_on": check and check.seen_on,
            "seen_by_role": check and check.seen_by_role,
            "outcome": check and check.outcome,
            "ground": stated and stated.ground,
            "stated_by_role": stated and stated.stated_by_role,
            "stated_on": stated and stated.stated_on,
        }
        await self._db.execute(_SAVE, values)
