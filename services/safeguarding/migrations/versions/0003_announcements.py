"""How far the service has come with publishing its state again."""

from shared.persistence.kit_tables import add_announcements

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    add_announcements("safeguarding")
