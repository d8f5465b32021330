"""Deadlines that fail rest longer each time, and are given up after their last try."""

from shared.persistence.kit_tables import add_deadline_retries

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    add_deadline_retries()
