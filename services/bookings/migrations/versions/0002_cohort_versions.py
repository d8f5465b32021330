"""A version for cohorts: their events carry it as their sequence. Code that knows none goes on working."""

from shared.persistence.migrations import statements

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    statements("alter table cohorts add column version integer not null default 0 check (version >= 0);\n")
