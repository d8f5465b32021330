"""A day's sessions are found by an index, and by them what is counted of the day."""

from shared.persistence.migrations import add_index

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    add_index("session_days_by_day", "session_days (on_day)")
