"""Copies of the register, passports, clearances, concerns and the kit's tables."""

from shared.persistence.kit_tables import create_kit_tables
from shared.persistence.migrations import grant, protect, statements

revision = "0001"
down_revision = None

SERVICE = "safeguarding"


def upgrade() -> None:
    create_kit_tables(SERVICE)
    _register()
    _passports()
    _clearances()
    _concerns()


def _register() -> None:
    """What the register says in public: ids and codes, no tenant."""
    statements(
        """
        create table known_organisations (
          organisation_id uuid primary key,
          kind text not null,
          area_code text,
          open boolean not null,
          sequence bigint not null
        );
        create index known_hubs on known_organisations (area_code) where kind = 'hub';
        create table known_sites (
          provider_id uuid not null references known_organisations on delete cascade,
          site_id uuid not null,
          local_authority_code text not null,
          primary key (provider_id, site_id)
        );
        create table known_opportunities (
          opportunity_id uuid primary key,
          provider_id uuid not null,
          format text not null,
          mode text not null,
          activity_band text not null,
          accompanied boolean not null,
          sequence bigint not null
        );
        create table known_sessions (
          session_id uuid primary key,
          opportunity_id uuid not null,
          provider_id uuid not null,
          site_id uuid,
          days date[] not null check (cardinality(days) > 0),
          overnight boolean not null,
          supervisor_ids uuid[] not null,
          cancelled boolean not null default false,
          sequence bigint not null
        );
        """
    )
    for table in ("known_organisations", "known_sites", "known_opportunities", "known_sessions"):
        grant(SERVICE, table)


def _passports() -> None:
    """Standing and dates are for all to read; answers, holds and supervisors are the provider's own."""
    statements(
        """
        create table passports (
          provider_id uuid primary key,
          version integer not null check (version > 0)
        );
        create table assurances (
          assurance_id uuid primary key,
          provider_id uuid not null references passports,
          site_id uuid not null,
          activity_band text not null check (activity_band in ('low_risk', 'less_familiar', 'higher_risk')),
          checklist_version text not null,
          state text not null check (state in ('granted', 'suspended', 'lapsed')),
          valid_from date not null,
          valid_until date not null,
          check (valid_from <= valid_until),
          unique (provider_id, site_id, activity_band),
          unique (provider_id, assurance_id)
        );
        create table assurance_answers (
          assurance_id uuid not null,
          version integer not null,
          provider_id uuid not null,
          checklist_version text not null,
          answers jsonb not null,
          primary key (assurance_id, version),
          foreign key (provider_id, assurance_id) references assurances (provider_id, assurance_id)
        );
        create index assurance_answers_of on assurance_answers (provider_id, assurance_id);
        create table assurance_holds (
          concern_id uuid primary key,
          provider_id uuid not null references passports,
          site_id uuid
        );
        create index assurance_holds_of on assurance_holds (provider_id);
        create table supervisors (
          provider_id uuid not null,
          supervisor_id uuid not null,
          dbs_type text
            check (dbs_type in ('enhanced_with_barred_list', 'enhanced', 'standard', 'basic')),
          dbs_seen_on date,
          dbs_seen_by_role text check (length(dbs_seen_by_role) <= 40),
          dbs_outcome boolean,
          check (num_nulls(dbs_type, dbs_seen_on, dbs_seen_by_role, dbs_outcome) in (0, 4)),
          primary key (provider_id, supervisor_id)
        );
        """
    )
    for table in ("passports", "assurances", "assurance_holds", "supervisors"):
        grant(SERVICE, table)
    grant(SERVICE, "assurance_answers", "select, insert")
    protect("assurances", "provider_id", read_by_all=True)
    for table in ("passports", "assurance_answers", "assurance_holds", "supervisors"):
        protect(table, "provider_id")


def _clearances() -> None:
    """A clearance is its institution's and its provider's; so are the days its adults supervise."""
    statements(
        """
        create table clearances (
          clearance_id uuid primary key,
          booking_id uuid not null unique,
          session_id uuid not null,
          institution_id uuid not null,
          provider_id uuid not null,
          state text not null check (state in ('granted', 'refused', 'referred', 'ended')),
          rule_version text not null,
          reason_codes text[] not null,
          inputs jsonb not null,
          under_16_learners uuid[] not null,
          decided_by text,
          decided_at timestamptz not null,
          version integer not null check (version > 0),
          unique (booking_id, institution_id, provider_id)
        );
        create index clearances_of_institution on clearances (institution_id, clearance_id);
        create index clearances_of_provider on clearances (provider_id, clearance_id);
        create index clearances_referred on clearances (institution_id, clearance_id)
          where state = 'referred';
        create table supervised_days (
          provider_id uuid not null,
          supervisor_id uuid not null,
          on_day date not null,
          booking_id uuid not null,
          institution_id uuid not null,
          primary key (provider_id, supervisor_id, on_day, booking_id),
          foreign key (booking_id, institution_id, provider_id)
            references clearances (booking_id, institution_id, provider_id)
        );
        create index supervised_days_of_booking on supervised_days (booking_id, institution_id, provider_id);
        """
    )
    for table in ("clearances", "supervised_days"):
        grant(SERVICE, table)
        protect(table, "institution_id", "provider_id")


def _concerns() -> None:
    """A concern is for who raised it and who handles it; the log of its readers is only added to."""
    statements(
        """
        create table concerns (
          concern_id uuid primary key,
          provider_id uuid not null,
          site_id uuid,
          category text not null,
          description text not null check (length(description) between 1 and 4000),
          immediate_risk boolean not null,
          raised_by uuid not null,
          raised_by_subject text not null,
          handled_by uuid not null,
          raised_at timestamptz not null,
          state text not null check (state in ('open', 'unfounded', 'resolved', 'upheld')),
          resolved_by_subject text,
          resolved_at timestamptz,
          version integer not null check (version > 0)
        );
        create index concerns_raised on concerns (raised_by, concern_id);
        create index concerns_handled on concerns (handled_by, concern_id);
        create table access_log (
          id bigint generated always as identity primary key,
          concern_id uuid not null references concerns,
          organisation_id uuid not null,
          subject text not null,
          action text not null check (action in ('read', 'listed')),
          at timestamptz not null
        );
        create index access_log_of_concern on access_log (concern_id, at);
        """
    )
    grant(SERVICE, "concerns", "select, insert, update")
    grant(SERVICE, "access_log", "insert")
    protect("concerns", "raised_by", "handled_by")
    protect("access_log", "organisation_id")
