"""Bookings that earlier releases confirmed in a cancelled session are ended, by a deadline due at once."""

from shared.persistence.migrations import statements

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # Whose they are is hidden from a migration: every cancelled session ahead is looked at, for its provider.
    statements(
        """
        insert into deadlines (name, subject_id, tenant_id, due_at, try_at)
        select 'session-cancelled', session_id, provider_id, now(), now() from sessions
        where cancelled and last_day >= current_date
        on conflict (name, subject_id) do nothing;
        """
    )
