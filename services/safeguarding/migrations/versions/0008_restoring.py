"""How often this database was restored to an earlier moment, and what was lost by it."""

from shared.persistence.kit_tables import add_restoring

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    add_restoring("safeguarding")
