"""Claims and published events have a partition for each day, which is dropped when it is old."""

from shared.persistence.kit_partitions import partition_kit_tables

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    partition_kit_tables("safeguarding")
