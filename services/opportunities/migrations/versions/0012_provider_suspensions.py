"""Providers and sites that are suspended in whatever they offer."""

from shared.persistence.migrations import grant, protect, statements

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    statements(
        """
        create table provider_suspensions (
          provider_id uuid not null,
          scope_id uuid not null,
          suspended boolean not null,
          sequence bigint not null,
          primary key (provider_id, scope_id)
        );
        """
    )
    grant("opportunities", "provider_suspensions", "select, insert, update")
    protect("provider_suspensions", "provider_id")
