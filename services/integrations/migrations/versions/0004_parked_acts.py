"""Who had parked messages tried again or discarded, when and why."""

from shared.persistence.kit_tables import add_parked_acts

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    add_parked_acts("integrations")
