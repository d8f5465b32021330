"""Organisations and sites, opportunities and sessions, and copies of other services' facts."""

from shared.persistence.kit_tables import create_kit_tables
from shared.persistence.migrations import grant, protect, statements

revision = "0001"
down_revision = None

ORGANISATIONS = """
create table organisations (
  organisation_id uuid primary key,
  kind text not null check (kind in ('provider', 'delivery_provider', 'institution', 'trust', 'hub')),
  name text not null check (length(name) between 1 and 200),
  registered_by uuid not null,
  area_code text check (length(area_code) <= 40),
  institution_type text check (institution_type in (
    'maintained', 'academy', 'free_school', 'special', 'alternative_provision', 'independent', 'college')),
  reference text check (length(reference) <= 40),
  open boolean not null,
  version integer not null check (version > 0),
  unique (organisation_id, registered_by),
  check ((kind = 'institution') = (institution_type is not null)),
  check (kind <> 'hub' or area_code is not null)
);
create unique index organisations_one_hub_per_area on organisations (area_code) where kind = 'hub';
create index organisations_by_name on organisations (name, organisation_id);
create index organisations_by_kind on organisations (kind, name, organisation_id);
create index organisations_by_area on organisations (area_code, name, organisation_id);
create index organisations_by_registrar on organisations (registered_by);

create table sites (
  site_id uuid primary key,
  organisation_id uuid not null,
  registered_by uuid not null,
  name text not null check (length(name) between 1 and 200),
  postcode text not null check (length(postcode) between 6 and 8),
  local_authority_code text not null check (local_authority_code ~ '^E[0-9]{8}$'),
  easting integer not null check (easting between 0 and 700000),
  northing integer not null check (northing between 0 and 1300000),
  unique (site_id, organisation_id),
  unique (organisation_id, name, postcode),
  foreign key (organisation_id, registered_by) references organisations (organisation_id, registered_by)
);
create index sites_of_organisation on sites (organisation_id, registered_by);
"""

OPPORTUNITIES = """
create extension if not exists btree_gist;

create table opportunities (
  opportunity_id uuid primary key,
  provider_id uuid not null references organisations (organisation_id),
  provider_name text not null,
  site_id uuid,
  area_code text,
  easting integer,
  northing integer,
  state text not null check (state in ('draft', 'published', 'suspended', 'withdrawn')),
  title text not null check (length(title) between 1 and 120),
  summary text not null check (length(summary) between 1 and 2000),
  purpose text not null check (length(purpose) between 1 and 1000),
  kind text not null check (kind in ('encounter', 'workplace_experience', 'placement')),
  format text not null check (format in (
    'visit', 'tour', 'shadowing', 'workplace_talk', 'employer_project', 'simulation', 'placement')),
  mode text not null check (mode in ('in_person', 'virtual', 'hybrid', 'in_school')),
  tier text not null check (tier in ('introduce-inspire', 'investigate-explore', 'apply-demonstrate')),
  activity_band text not null check (activity_band in ('low_risk', 'less_familiar', 'higher_risk')),
  sector text not null check (sector ~ '^[a-z0-9][a-z0-9-]{0,79}$'),
  year_groups integer[] not null
    check (cardinality(year_groups) >= 1 and year_groups <@ array[7, 8, 9, 10, 11, 12, 13]),
  objective_codes text[] not null,
  planned_criteria text[] not null
    check (planned_criteria <@ array['M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'M7']),
  task_brief text check (length(task_brief) between 1 and 4000),
  accompanied boolean not null,
  published_at timestamptz,
  reason_code text,
  decided jsonb,
  version integer not null check (version > 0),
  place point generated always as (point(easting, northing)) stored,
  search tsvector generated always as (
    setweight(to_tsvector('english', title), 'A')
    || setweight(to_tsvector('english', provider_name || ' ' || replace(sector, '-', ' ')), 'B')
    || setweight(to_tsvector('english', summary), 'C')) stored,
  unique (opportunity_id, provider_id),
  foreign key (site_id, provider_id) references sites (site_id, organisation_id),
  check (state not in ('published', 'suspended') or (published_at is not null and decided is not null)),
  check (state not in ('suspended', 'withdrawn') or reason_code is not null)
);
create index opportunities_of_provider on opportunities (provider_id, opportunity_id);
create index opportunities_at_site on opportunities (site_id, activity_band);
create index opportunities_newest on opportunities (published_at desc, opportunity_id desc)
  where state = 'published';
create index opportunities_near on opportunities using gist (place) where state = 'published';
create index opportunities_near_in_sector on opportunities using gist (sector, place)
  where state = 'published';
create index opportunities_words on opportunities using gin (search) where state = 'published';

create table sessions (
  session_id uuid primary key,
  opportunity_id uuid not null,
  provider_id uuid not null,
  state text not null check (state in ('planned', 'scheduled', 'cancelled')),
  places integer not null check (places between 1 and 5000),
  days jsonb not null check (jsonb_array_length(days) >= 1),
  first_day date not null,
  last_day date not null check (last_day >= first_day),
  supervisor_ids uuid[] not null,
  foreign key (opportunity_id, provider_id) references opportunities (opportunity_id, provider_id)
);
create index sessions_of_opportunity on sessions (opportunity_id, first_day);
create index sessions_of_provider on sessions (provider_id);
"""

COPIES = """
create table assurances (
  assurance_id uuid primary key,
  provider_id uuid not null,
  site_id uuid not null,
  activity_band text not null,
  standing text not null check (standing in ('granted', 'suspended', 'lapsed')),
  valid_from date,
  valid_until date,
  sequence integer not null,
  said_at timestamptz not null
);
create index assurances_of_site on assurances (provider_id, site_id, activity_band);

create table places_taken (
  session_id uuid primary key,
  taken integer not null check (taken >= 0),
  sequence integer not null
);

create table frameworks (
  framework text primary key,
  version text not null,
  objective_codes text[] not null,
  sequence integer not null
);
"""


def upgrade() -> None:
    create_kit_tables("opportunities")
    statements(ORGANISATIONS)
    statements(OPPORTUNITIES)
    statements(COPIES)
    for table in ("organisations", "opportunities", "sessions", "assurances", "places_taken", "frameworks"):
        grant("opportunities", table, "select, insert, update")
    grant("opportunities", "sites", "select, insert")
    protect("organisations", "organisation_id", "registered_by", read_by_all=True)
    protect("sites", "organisation_id", "registered_by", read_by_all=True)
    protect("opportunities", "provider_id", read_by_all=True)
    protect("sessions", "provider_id", read_by_all=True)
    protect("assurances", "provider_id")
