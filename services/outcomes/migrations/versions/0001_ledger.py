"""Copies of what others say, evidence, the ledger and the counts of progress."""

from shared.persistence.kit_tables import create_kit_tables
from shared.persistence.migrations import TENANTS, grant, protect, statements

revision = "0001"
down_revision = None

# Copies: the newest word of another service. Public facts stand without tenants.
COPIES = """
create table opportunities (
  opportunity_id uuid primary key,
  provider_id uuid not null,
  kind text not null check (kind in ('encounter', 'workplace_experience', 'placement')),
  mode text not null check (mode in ('in_person', 'virtual', 'hybrid', 'in_school')),
  sequence bigint not null
);
create table sessions (
  session_id uuid primary key,
  opportunity_id uuid not null,
  provider_id uuid not null,
  sequence bigint not null
);
create table session_days (
  session_id uuid not null references sessions on delete cascade,
  on_day date not null,
  starts time not null,
  ends time not null,
  primary key (session_id, on_day)
);
create table bookings (
  booking_id uuid primary key,
  session_id uuid not null,
  opportunity_id uuid not null,
  institution_id uuid not null,
  provider_id uuid not null,
  learner_ids uuid[] not null,
  ended boolean not null,
  sequence bigint not null,
  unique (institution_id, booking_id)
);
create index bookings_by_session on bookings (session_id);
create index bookings_by_opportunity on bookings (opportunity_id);
"""

# Where each learner is: pseudonyms and ids only, so that it stands without tenants. Removing a row
# removes all that hangs on the learner at every institution; the ledger keeps only account ids.
LEARNERS = """
create table accounts (
  learner_id uuid primary key,
  account_id uuid not null unique,
  institution_id uuid not null,
  entries integer not null default 0 check (entries >= 0),
  sequence bigint not null default 0
);
create table erasures (
  learner_digest bytea primary key,
  erased_at timestamptz not null default clock_timestamp()
);
create table learners (
  institution_id uuid not null,
  learner_id uuid not null references accounts on delete cascade,
  priority_flags text[] not null default '{}',
  on_roll boolean not null default false,
  year_group smallint check (year_group between 7 and 13),
  primary key (institution_id, learner_id)
);
create index learners_by_learner on learners (learner_id);
create index learners_on_roll on learners (institution_id, year_group, learner_id) where on_roll;
create table year_groups (
  institution_id uuid not null,
  learner_id uuid not null,
  school_year smallint not null,
  year_group smallint not null check (year_group between 7 and 13),
  primary key (institution_id, learner_id, school_year),
  foreign key (institution_id, learner_id) references learners on delete cascade
);
create table registers (
  booking_id uuid not null,
  on_day date not null,
  institution_id uuid not null,
  provider_id uuid not null,
  sequence bigint not null,
  primary key (booking_id, on_day),
  foreign key (institution_id, booking_id) references bookings (institution_id, booking_id)
);
create table attendances (
  institution_id uuid not null,
  learner_id uuid not null,
  on_day date not null,
  booking_id uuid not null,
  session_id uuid not null,
  provider_id uuid not null,
  minutes smallint not null check (minutes between 0 and 1440),
  primary key (institution_id, learner_id, on_day, booking_id),
  foreign key (institution_id, learner_id) references learners on delete cascade,
  foreign key (institution_id, booking_id) references bookings (institution_id, booking_id)
);
create index attendances_by_booking on attendances (institution_id, booking_id, on_day);
create index attendances_by_session on attendances (session_id);
"""

EVIDENCE = """
create table session_evidence (
  session_id uuid not null,
  given_by uuid not null,
  criterion text not null check (criterion in ('M1', 'M2', 'M3', 'M4', 'M5')),
  by_provider boolean not null,
  met boolean not null,
  measure integer not null check (measure between 0 and 10000),
  detail jsonb not null,
  given_at timestamptz not null,
  primary key (session_id, given_by, criterion)
);
create table feedback (
  feedback_id uuid primary key,
  session_id uuid not null,
  provider_id uuid not null,
  all_present boolean not null,
  objective_codes text[] not null,
  sequence integer not null,
  given_at timestamptz not null,
  unique (session_id, sequence),
  unique (provider_id, feedback_id)
);
create table feedback_learners (
  feedback_id uuid not null,
  learner_id uuid not null references accounts on delete cascade,
  institution_id uuid not null,
  provider_id uuid not null,
  booking_id uuid not null,
  session_id uuid not null,
  comment text not null check (length(comment) between 1 and 2000),
  primary key (feedback_id, learner_id),
  foreign key (provider_id, feedback_id) references feedback (provider_id, feedback_id),
  foreign key (institution_id, booking_id) references bookings (institution_id, booking_id)
);
create index feedback_learners_by_learner on feedback_learners (institution_id, learner_id, session_id);
create index feedback_learners_by_account on feedback_learners (learner_id);
create index feedback_learners_by_booking on feedback_learners (institution_id, booking_id);
create table reflections (
  reflection_id uuid primary key,
  institution_id uuid not null,
  learner_id uuid not null,
  session_id uuid not null,
  text text not null check (length(text) between 20 and 4000),
  objective_codes text[] not null,
  skills text[] not null,
  submitted_on date not null,
  submitted_at timestamptz not null,
  unique (institution_id, learner_id, session_id),
  foreign key (institution_id, learner_id) references learners on delete cascade
);
"""

LEDGER = """
create table ledger_entries (
  entry_id uuid primary key,
  institution_id uuid not null,
  account_id uuid not null,
  sequence integer not null check (sequence > 0),
  kind text not null check (kind in ('credited', 'denied', 'reversed')),
  booking_id uuid not null,
  session_id uuid not null,
  opportunity_id uuid not null,
  on_day date not null,
  key_stage text check (key_stage in ('KS3', 'KS4')),
  minutes smallint not null check (minutes between 0 and 1440),
  missing text[] not null,
  reason_codes text[] not null check (cardinality(reason_codes) > 0),
  rule_pack text not null,
  rule_version text not null,
  inputs jsonb not null,
  reverses uuid unique,
  entered_at timestamptz not null,
  unique (account_id, sequence),
  unique (institution_id, entry_id),
  foreign key (institution_id, reverses) references ledger_entries (institution_id, entry_id),
  check ((kind = 'reversed') = (reverses is not null)),
  check (kind = 'denied' or (minutes > 0 and key_stage is not null))
);
create index ledger_entries_by_day on ledger_entries (institution_id, on_day);
create table standings (
  institution_id uuid not null,
  learner_id uuid not null,
  on_day date not null,
  booking_id uuid not null,
  session_id uuid not null,
  opportunity_id uuid not null,
  entry_id uuid not null,
  credited_minutes smallint not null check (credited_minutes between 0 and 1440),
  attended_minutes smallint not null check (attended_minutes between 0 and 1440),
  key_stage text,
  missing text[] not null,
  reason_codes text[] not null,
  primary key (institution_id, learner_id, on_day, booking_id),
  foreign key (institution_id, learner_id) references learners on delete cascade,
  foreign key (institution_id, entry_id) references ledger_entries (institution_id, entry_id)
);
create index standings_by_session on standings (institution_id, session_id, learner_id, on_day);
create index standings_by_entry on standings (institution_id, entry_id);
create table learner_totals (
  institution_id uuid not null,
  learner_id uuid not null,
  key_stage text not null check (key_stage in ('KS3', 'KS4')),
  minutes integer not null check (minutes >= 0),
  in_person_minutes integer not null check (in_person_minutes >= 0),
  placement_minutes integer not null check (placement_minutes >= 0),
  primary key (institution_id, learner_id, key_stage),
  foreign key (institution_id, learner_id) references learners on delete cascade
);
create table progress_counts (
  institution_id uuid not null,
  key_stage text not null,
  priority_group text not null,
  band smallint not null,
  learners integer not null check (learners >= 0),
  minutes integer not null check (minutes >= 0),
  met integer not null check (met between 0 and learners),
  primary key (institution_id, key_stage, priority_group, band)
);
create table denial_counts (
  institution_id uuid not null,
  key_stage text not null,
  code text not null,
  learner_days integer not null check (learner_days >= 0),
  minutes integer not null check (minutes >= 0),
  primary key (institution_id, key_stage, code)
);
"""

OPEN_TABLES = ("opportunities", "sessions", "session_days", "accounts")
INSTITUTIONS_TABLES = (
    "learners",
    "year_groups",
    "reflections",
    "standings",
    "learner_totals",
    "progress_counts",
    "denial_counts",
)
TWO_PARTY_TABLES = ("bookings", "registers", "attendances", "feedback_learners")


def upgrade() -> None:
    create_kit_tables("outcomes")
    statements(COPIES + LEARNERS + EVIDENCE + LEDGER)
    for table in OPEN_TABLES:
        grant("outcomes", table)
    grant("outcomes", "erasures", "select, insert")
    for table in INSTITUTIONS_TABLES:
        grant("outcomes", table)
        protect(table, "institution_id")
    for table in TWO_PARTY_TABLES:
        grant("outcomes", table)
        protect(table, "institution_id", "provider_id")
    grant("outcomes", "session_evidence")
    protect("session_evidence", "given_by")
    grant("outcomes", "feedback", "select, insert")
    protect("feedback", "provider_id")
    # Append-only: nobody who serves requests or events may change or remove an entry.
    grant("outcomes", "ledger_entries", "select, insert")
    protect("ledger_entries", "institution_id")
    # What a session's provider says is seen by every institution with a booking in it; a learner's
    # whole account by the institution the learner is at now.
    statements(
        f"""
        create policy session_evidence_of_providers on session_evidence for select using (
          by_provider and exists (
            select from bookings b
            where b.session_id = session_evidence.session_id and b.provider_id = session_evidence.given_by));
        create policy feedback_of_providers on feedback for select using (
          exists (
            select from bookings b
            where b.session_id = feedback.session_id and b.provider_id = feedback.provider_id));
        create policy ledger_entries_follow_the_learner on ledger_entries for select using (
          exists (
            select from accounts a
            where a.account_id = ledger_entries.account_id and a.institution_id = {TENANTS}));
        """  # noqa: S608 - the kit's own words
    )
