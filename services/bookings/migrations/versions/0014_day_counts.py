"""Which days were counted, and when they are counted next."""

from shared.persistence.migrations import add_day_counts

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    add_day_counts("bookings")
