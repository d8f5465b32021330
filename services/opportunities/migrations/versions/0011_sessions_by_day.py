"""A day's sessions are found by an index, and by them what is counted of the day."""

from shared.persistence.migrations import add_index

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    add_index("sessions_by_day", "sessions using gist (daterange(first_day, last_day, '[]'))")
