"""Rows of rosters are ordered by their sequence; of a learner known before, any row is news."""

from shared.persistence.migrations import statements

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    statements("alter table learners add column heard_sequence bigint not null default 0;")
