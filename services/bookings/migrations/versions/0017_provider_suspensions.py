"""Providers and sites that are suspended, and the site an opportunity names in whatever mode."""

from shared.persistence.migrations import grant, statements

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    # Of what was copied before only the sites in question are known; the next announcement tells the others.
    statements(
        """
        create table provider_suspensions (
          provider_id uuid not null,
          scope_id uuid not null,
          suspended boolean not null,
          sequence bigint not null,
          primary key (provider_id, scope_id)
        );
        alter table opportunities add column named_site_id uuid;
        update opportunities set named_site_id = site_id where site_id is not null;
        """
    )
    grant("bookings", "provider_suspensions")
