"""Learners and cohorts, copies of the register, places, bookings and attendance; the kit's tables."""

from shared.persistence.kit_tables import create_kit_tables
from shared.persistence.migrations import grant, protect, statements

revision = "0001"
down_revision = None

_COPIES = """
create table organisations (
  organisation_id uuid primary key,
  kind text not null,
  institution_type text,
  open boolean not null,
  sequence bigint not null
);
create table opportunities (
  opportunity_id uuid primary key,
  provider_id uuid not null,
  site_id uuid,
  kind text not null,
  format text not null,
  activity_band text not null,
  year_groups smallint[] not null,
  state text not null check (state in ('listed', 'suspended', 'withdrawn')),
  sequence bigint not null
);
create index opportunities_by_assurance on opportunities (provider_id, site_id, activity_band);
create table assurances (
  assurance_id uuid primary key,
  provider_id uuid not null,
  site_id uuid not null,
  activity_band text not null,
  state text not null check (state in ('in_force', 'suspended', 'lapsed')),
  sequence bigint not null
);
create index assurances_by_provider on assurances (provider_id, site_id, activity_band);
create view site_trust with (security_invoker = true) as
  select provider_id, site_id, activity_band,
         bool_or(state = 'in_force') and not bool_or(state = 'suspended') as trusted
  from assurances group by provider_id, site_id, activity_band;
create table sessions (
  session_id uuid primary key,
  opportunity_id uuid not null,
  provider_id uuid not null,
  first_day date not null,
  last_day date not null check (last_day >= first_day),
  begins_at timestamptz not null,
  cancelled boolean not null default false,
  sequence bigint not null
);
create index sessions_by_opportunity on sessions (opportunity_id);
create table session_days (
  session_id uuid not null references sessions,
  on_day date not null,
  minutes smallint not null check (minutes between 1 and 1440),
  during tsrange not null,
  primary key (session_id, during)
);
create table session_places (
  session_id uuid primary key references sessions,
  opportunity_id uuid not null,
  provider_id uuid not null,
  places integer not null,
  taken integer not null default 0,
  waiting integer not null default 0 check (waiting >= 0),
  version integer not null default 0,
  check (taken between 0 and places)
) with (fillfactor = 50);
"""

_LEARNERS = """
create table learners (
  institution_id uuid not null,
  learner_id uuid not null,
  given_name text not null,
  family_name text not null,
  birth_date date not null,
  year_group smallint not null check (year_group between 7 and 13),
  priority_flags text[] not null,
  on_roll boolean not null,
  heard_at timestamptz not null,
  primary key (institution_id, learner_id)
);
create table pseudonyms (
  learner_id uuid primary key,
  institution_id uuid not null,
  version integer not null check (version > 0)
);
create table roster_rows (
  institution_id uuid not null,
  roster_id uuid not null,
  row_number integer not null,
  failure text,
  primary key (institution_id, roster_id, row_number)
);
create table cohorts (
  institution_id uuid not null,
  cohort_id uuid not null,
  label text not null check (length(label) between 1 and 100),
  created_at timestamptz not null,
  primary key (institution_id, cohort_id)
);
create table cohort_members (
  institution_id uuid not null,
  cohort_id uuid not null,
  learner_id uuid not null,
  primary key (institution_id, cohort_id, learner_id),
  foreign key (institution_id, cohort_id) references cohorts,
  foreign key (institution_id, learner_id) references learners
);
create index cohort_members_by_learner on cohort_members (institution_id, learner_id);
"""

_BOOKINGS = """
create table bookings (
  booking_id uuid primary key,
  institution_id uuid not null,
  provider_id uuid not null,
  session_id uuid not null references sessions,
  opportunity_id uuid not null,
  cohort_id uuid,
  state text not null check (state in (
    'waitlisted', 'awaiting_clearance', 'confirmed', 'suspended', 'suspended_awaiting', 'suspended_cleared',
    'refused', 'expired', 'withdrawn', 'cancelled')),
  places smallint not null check (places between 0 and 300),
  first_day date not null,
  last_day date not null,
  begins_at timestamptz not null,
  asked_at timestamptz not null,
  asked_order bigint generated always as identity,
  held_until timestamptz,
  referred boolean not null,
  reason_codes text[] not null,
  decision jsonb not null,
  version integer not null check (version > 0),
  unique (institution_id, provider_id, booking_id),
  check (state <> 'awaiting_clearance' or held_until is not null),
  check (places > 0 or state in ('refused', 'expired', 'withdrawn', 'cancelled')),
  foreign key (institution_id, cohort_id) references cohorts
);
create index bookings_by_institution on bookings (institution_id, booking_id);
create index bookings_by_provider on bookings (provider_id, booking_id);
create index bookings_by_session on bookings (session_id, booking_id);
create index bookings_by_cohort on bookings (institution_id, cohort_id);
create index bookings_in_line on bookings (session_id, asked_order) where state = 'waitlisted';
create table booking_learners (
  institution_id uuid not null,
  provider_id uuid not null,
  booking_id uuid not null,
  session_id uuid not null,
  learner_id uuid not null,
  under_16_on_every_day boolean not null,
  of_compulsory_school_age boolean not null,
  live boolean not null,
  departed boolean not null default false,
  primary key (institution_id, booking_id, learner_id),
  foreign key (institution_id, provider_id, booking_id)
    references bookings (institution_id, provider_id, booking_id),
  foreign key (institution_id, learner_id) references learners,
  check (not (live and departed))
);
create unique index one_live_booking_per_session
  on booking_learners (institution_id, session_id, learner_id) where live;
create index booking_learners_by_booking on booking_learners (booking_id);
create index booking_learners_by_learner on booking_learners (institution_id, learner_id);
create table learner_days (
  institution_id uuid not null,
  provider_id uuid not null,
  booking_id uuid not null,
  learner_id uuid not null,
  during tsrange not null,
  foreign key (institution_id, booking_id, learner_id) references booking_learners on delete cascade,
  constraint one_place_at_a_time
    exclude using gist (institution_id with =, learner_id with =, during with &&)
);
create index learner_days_by_booking on learner_days (booking_id, learner_id);
create table attendance (
  institution_id uuid not null,
  provider_id uuid not null,
  booking_id uuid not null,
  on_day date not null,
  learner_id uuid not null,
  attended boolean not null,
  minutes smallint not null check (minutes between 0 and 1440),
  recorded_at timestamptz not null,
  primary key (institution_id, booking_id, on_day, learner_id),
  foreign key (institution_id, booking_id, learner_id) references booking_learners on delete cascade,
  check (attended or minutes = 0)
);
create index attendance_by_booking on attendance (booking_id, on_day);
create index attendance_by_learner on attendance (institution_id, booking_id, learner_id);
"""

_PUBLIC = ("organisations", "opportunities", "assurances", "sessions", "session_days", "session_places")
_INSTITUTIONS = ("learners", "roster_rows", "cohorts", "cohort_members")
_SHARED = ("bookings", "booking_learners", "learner_days", "attendance")


def upgrade() -> None:
    create_kit_tables("bookings")
    # Two half-days of one learner may not overlap: the one rule a plain unique index cannot say.
    statements("create extension if not exists btree_gist;\n")
    for tables in (_COPIES, _LEARNERS, _BOOKINGS):
        statements(tables)
    for table in (*_PUBLIC, "pseudonyms", *_INSTITUTIONS, *_SHARED):
        grant("bookings", table)
    grant("bookings", "site_trust", "select")
    for table in _INSTITUTIONS:
        protect(table, "institution_id")
    for table in _SHARED:
        protect(table, "institution_id", "provider_id")
