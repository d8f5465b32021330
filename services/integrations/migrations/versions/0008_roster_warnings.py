"""Rosters keep what was taken otherwise than written, and how many rows were of nobody they are for."""

from shared.persistence.migrations import statements

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    statements(
        """
        alter table rosters add column warnings jsonb not null default '[]';
        alter table rosters add column out_of_scope jsonb not null default '[]';
        """
    )
