"""Which days were counted, and when they are counted next."""

from shared.persistence.kit_tables import add_day_counts

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    add_day_counts("opportunities")
