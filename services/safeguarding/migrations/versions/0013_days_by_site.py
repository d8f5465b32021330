"""Who supervises at a site in a period is found by an index."""

from shared.persistence.migrations import add_index

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    add_index("supervised_days_of_site", "supervised_days (provider_id, site_id, on_day)")
