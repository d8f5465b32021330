"""Claims, published events and rosters' rows have a partition for each day, dropped when it is old."""

from shared.persistence.kit_partitions import partition_kit_tables
from shared.persistence.migrations import grant, protect, statements
from shared.persistence.partitions import adopt, make_ahead, partition_by_day

revision = "0011"
down_revision = "0010"

ROSTER_ROWS_KEPT = 28  # as long as events: a school looks within days how its roster fared
_ROSTER_ROWS = """
lock table roster_rows in access exclusive mode;
alter table roster_rows rename to roster_rows_before;
alter table roster_rows_before rename constraint roster_rows_pkey to roster_rows_before_pkey;
alter table roster_rows_before no force row level security;
create table roster_rows (
  institution_id uuid not null,
  roster_id uuid not null,
  row_number integer not null,
  failure text,
  primary key (institution_id, roster_id, row_number)
) partition by range (roster_id);
"""


def upgrade() -> None:
    partition_kit_tables("bookings")
    statements(_ROSTER_ROWS)
    partition_by_day("roster_rows", days_kept=ROSTER_ROWS_KEPT, aged_by="roster_id")
    adopt("roster_rows_before", "roster_rows", key="roster_id")
    protect("roster_rows", "institution_id")
    grant("bookings", "roster_rows")
    make_ahead("roster_rows")
