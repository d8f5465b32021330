"""Organisations and the kit's tables."""

from shared.persistence.migrations import create_kit_tables, grant, statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_kit_tables("opportunities")
    statements(
        """
        create table organisations (
          organisation_id uuid primary key,
          kind text not null check (kind in ('provider', 'delivery_provider', 'institution', 'trust', 'hub')),
          name text not null check (length(name) between 1 and 200),
          registered_by uuid not null,
          area_code text,
          institution_type text,
          reference text,
          open boolean not null,
          version integer not null check (version > 0)
        );
        """
    )
    grant("opportunities", "organisations")
