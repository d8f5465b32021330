"""Which days were counted, and when they are counted next."""

from shared.persistence.kit_tables import add_day_counts

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    add_day_counts("bookings")
