"""How often this database was restored to an earlier moment, and what was lost by it."""

from shared.persistence.kit_tables import add_restoring

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    add_restoring("bookings")
