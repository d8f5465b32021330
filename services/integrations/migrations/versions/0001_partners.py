"""Rosters, webhook endpoints, deliveries and their queue; and the kit's tables."""

from shared.persistence.kit_tables import create_kit_tables
from shared.persistence.migrations import grant, protect, statements

revision = "0001"
down_revision = None

_SERVICE = "integrations"


def upgrade() -> None:
    create_kit_tables(_SERVICE)
    _rosters()
    _webhooks()


def _rosters() -> None:
    statements(
        """
        create table rosters (
          roster_id uuid primary key,
          institution_id uuid not null,
          number integer not null check (number > 0),
          kind text not null check (kind in ('bulk', 'delta')),
          rows integer not null check (rows >= 0),
          accepted integer not null check (accepted between 0 and rows),
          rejected jsonb not null check (jsonb_typeof(rejected) = 'array'),
          received_at timestamptz not null,
          version integer not null check (version > 0),
          unique (institution_id, number)
        );
        create index rosters_newest on rosters (institution_id, roster_id desc);
        """
    )
    protect("rosters", "institution_id")
    grant(_SERVICE, "rosters", "select, insert, update")


def _webhooks() -> None:
    statements(
        """
        create table webhook_endpoints (
          endpoint_id uuid primary key,
          organisation_id uuid not null,
          url text not null check (length(url) between 1 and 2000),
          event_types text[] not null check (cardinality(event_types) > 0),
          secret text not null check (secret not like 'whsec_%'),
          previous_secret text check (previous_secret not like 'whsec_%'),
          previous_until timestamptz,
          failing_since timestamptz,
          disabled_reason text check (disabled_reason in ('gone', 'failing')),
          created_at timestamptz not null,
          version integer not null check (version > 0),
          unique (organisation_id, endpoint_id),
          check ((previous_secret is null) = (previous_until is null))
        );

        create table webhook_deliveries (
          delivery_id uuid primary key,
          endpoint_id uuid not null,
          organisation_id uuid not null,
          event_id uuid not null,
          event_type text not null,
          payload text not null check (octet_length(payload) < 20000),
          state text not null check (state in ('pending', 'delivered', 'exhausted', 'stopped')),
          tries integer not null check (tries >= 0),
          created_at timestamptz not null,
          version integer not null check (version > 0),
          unique (organisation_id, delivery_id),
          unique (organisation_id, endpoint_id, event_id),
          foreign key (organisation_id, endpoint_id)
            references webhook_endpoints (organisation_id, endpoint_id) on delete cascade
        );
        create index webhook_deliveries_newest
          on webhook_deliveries (organisation_id, endpoint_id, delivery_id desc);
        create index webhook_deliveries_pending
          on webhook_deliveries (organisation_id, endpoint_id) where state = 'pending';

        create table webhook_attempts (
          attempt_id uuid primary key,
          delivery_id uuid not null,
          organisation_id uuid not null,
          at timestamptz not null,
          milliseconds integer not null check (milliseconds >= 0),
          status_code integer check (status_code between 100 and 999),
          error text,
          foreign key (organisation_id, delivery_id)
            references webhook_deliveries (organisation_id, delivery_id) on delete cascade,
          check ((status_code is null) <> (error is null))
        );
        create index webhook_attempts_of_delivery
          on webhook_attempts (organisation_id, delivery_id, attempt_id);

        create table webhook_queue (
          delivery_id uuid primary key references webhook_deliveries (delivery_id) on delete cascade,
          endpoint_id uuid not null,
          organisation_id uuid not null,
          due_at timestamptz not null
        );
        create index webhook_queue_by_endpoint on webhook_queue (endpoint_id, due_at);
        alter table webhook_queue set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
        """
    )
    for table in ("webhook_endpoints", "webhook_deliveries", "webhook_attempts"):
        protect(table, "organisation_id")
    for table in ("webhook_endpoints", "webhook_deliveries", "webhook_queue"):
        grant(_SERVICE, table)
    grant(_SERVICE, "webhook_attempts", "select, insert, delete")
