"""What each service counted of a day, and where two of them differ. No learner is in it, and no tenant.

The institution of what is counted of the whole day is all zeros.
"""

from shared.persistence.kit_tables import add_day_counts
from shared.persistence.migrations import grant, statements

revision = "0010"
down_revision = "0009"

_TOTALS = """
create table countings (
  on_day date not null,
  service text not null,
  as_of timestamptz not null,
  complete_as_of timestamptz,
  primary key (on_day, service)
);
create table day_totals (
  on_day date not null,
  service text not null,
  institution_id uuid not null,
  as_of timestamptz not null,
  places bigint,
  confirmed bigint,
  cleared bigint,
  attended bigint,
  minutes bigint,
  learners bigint,
  primary key (on_day, service, institution_id)
);
create table differences (
  on_day date not null,
  measure text not null,
  institution_id uuid not null,
  service text not null,
  number bigint not null,
  since timestamptz not null,
  other_service text not null,
  other_number bigint not null,
  other_since timestamptz not null,
  found_at timestamptz,
  primary key (on_day, measure, institution_id)
);
"""


def upgrade() -> None:
    add_day_counts("outcomes")
    statements(_TOTALS)
    for table in ("countings", "day_totals", "differences"):
        grant("outcomes", table)
