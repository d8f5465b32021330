"""How far the service has come with publishing its state again."""

from shared.persistence.kit_tables import add_announcements

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    add_announcements("outcomes")
