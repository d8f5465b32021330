"""The kit's tables, as the migrations of every service make and change them."""

from collections.abc import Mapping, Sequence

from alembic import op
from sqlalchemy import text

from shared.persistence.migrations import statements
from shared.persistence.provision import role_names

_KIT_TABLES = """
create table outbox (
  id bigint generated always as identity primary key,
  shard smallint not null,
  topic text not null,
  key text not null,
  event_id uuid not null,
  headers jsonb not null,
  payload bytea,
  created_at timestamptz not null default clock_timestamp()
);
create index outbox_in_order on outbox (shard, id);
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create table inbox (
  source text not null,
  message_id text not null,
  fingerprint bytea,
  answer jsonb,
  received_at timestamptz not null default clock_timestamp(),
  primary key (source, message_id)
);
create index inbox_by_age on inbox (received_at);

create table parked_messages (
  id bigint generated always as identity primary key,
  consumer text not null,
  topic text not null,
  partition integer not null,
  position bigint not null,
  key text not null,
  headers jsonb not null,
  payload bytea,
  reason text not null,
  parked_at timestamptz not null default clock_timestamp(),
  replayed_at timestamptz,
  unique (consumer, topic, partition, position)
);
create index parked_messages_waiting on parked_messages (topic, key) where replayed_at is null;

create table deadlines (
  name text not null,
  subject_id uuid not null,
  wait_id uuid not null default gen_random_uuid(),
  tenant_id uuid not null,
  due_at timestamptz not null,
  attempts smallint not null default 0,
  primary key (name, subject_id)
);
create index deadlines_by_due on deadlines (due_at);
"""


def create_kit_tables(service: str) -> None:
    """Make outbox, inbox, parked_messages and deadlines, and say who may do what with them."""
    _, app, relay = role_names(service)
    statements(_KIT_TABLES)
    statements(
        f"""
        grant insert on outbox to {app};
        grant select, delete on outbox to {relay};
        grant select, insert, update, delete on inbox, parked_messages, deadlines to {app};
        grant select on outbox to {app};
        """
    )


# `try_at` is when a deadline is next tried: at first when it is due. A release that does not know the column
# leaves it at the beginning of time, and the sweeper looks at `due_at` as well.
_DEADLINE_RETRIES = """
alter table deadlines add column try_at timestamptz not null default '-infinity';
alter table deadlines add column dead_at timestamptz;
update deadlines set try_at = due_at;
create index deadlines_fresh on deadlines (name, try_at) where attempts = 0;
create index deadlines_failed on deadlines (name, try_at) where attempts > 0 and dead_at is null;
create index deadlines_dead on deadlines (name) where dead_at is not null;
drop index deadlines_by_due;
"""


# What an earlier release has parked, before this or beside it, is `waiting` and due at once: tried once more,
# and left to a person if it fails again. `try_at` is 'infinity' while another of its key is to come first.
_PARKED_STATES = """
alter table parked_messages add column state text not null default 'waiting'
  check (state in ('waiting', 'unknown', 'failed', 'replayed', 'discarded'));
alter table parked_messages add column holds boolean not null default true;
alter table parked_messages add column needs text not null default '';
alter table parked_messages add column release text not null default '';
alter table parked_messages add column attempts integer not null default 0;
alter table parked_messages add column try_at timestamptz not null default '-infinity';
update parked_messages set state = 'replayed' where replayed_at is not null;
create index parked_messages_in_order on parked_messages (topic, key, id) where replayed_at is null;
create index parked_messages_due on parked_messages (try_at) where state = 'waiting' and replayed_at is null;
create index parked_messages_by_fact on parked_messages (needs, try_at)
  where replayed_at is null and needs <> '';
create index parked_messages_unknown on parked_messages (release)
  where state = 'unknown' and replayed_at is null;
create index parked_messages_by_age on parked_messages (state, parked_at) where replayed_at is null;
drop index parked_messages_waiting;
"""


def add_parked_states() -> None:
    """Give parked messages a state, what they wait for, and a moment of their next try."""
    statements(_PARKED_STATES)


_PARKED_ACTS = """
create table parked_acts (
  id bigint generated always as identity primary key,
  parked_id bigint not null,
  consumer text not null,
  topic text not null,
  key text not null,
  event_id text not null,
  act text not null check (act in ('retried', 'discarded')),
  acted_by text not null,
  reason text not null,
  acted_at timestamptz not null default clock_timestamp()
);
create index parked_acts_of_message on parked_acts (parked_id, id);
"""


def add_parked_acts(service: str) -> None:
    """Keep who had parked messages tried again or discarded; what is kept the service cannot change."""
    _, app, _ = role_names(service)
    statements(_PARKED_ACTS)
    statements(f"grant select, insert on parked_acts to {app};\n")


def add_deadline_retries() -> None:
    """Give deadlines a moment of their next try and a state in which they are given up."""
    statements(_DEADLINE_RETRIES)


_ANNOUNCEMENTS = """
create table announcements (
  id bigint generated always as identity primary key,
  what text not null,
  since date,
  tenant uuid,
  after uuid,
  said bigint not null default 0,
  begun_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz
);
create unique index announcements_under_way on announcements (what) where ended_at is null;
"""


def add_announcements(service: str) -> None:
    """Keep how far the service has come with publishing its state again."""
    _, app, _ = role_names(service)
    statements(_ANNOUNCEMENTS)
    statements(f"grant select, insert, update on announcements to {app};\n")


# Who reads `lost_aggregates` looks for what others said of an aggregate, by its key alone.
_RESTORING = """
create table epoch (
  alone boolean primary key default true check (alone),
  number integer not null check (number >= 0),
  restored_to timestamptz
);
insert into epoch (number) values (0);
create table lost_aggregates (
  key text primary key,
  topic text not null,
  type text not null,
  noted_at timestamptz not null default clock_timestamp()
);
"""


def add_restoring(service: str) -> None:
    """Keep how often the database was restored to an earlier moment, and what was lost by it."""
    _, app, _ = role_names(service)
    statements(_RESTORING)
    statements(
        f"grant select, update on epoch to {app};\ngrant select, insert on lost_aggregates to {app};\n"
    )


_SUBSCRIPTION_POSITIONS = """
create table subscription_positions (
  subscription text not null,
  partition integer not null,
  position bigint not null,
  behind boolean not null,
  noted_at timestamptz not null default clock_timestamp(),
  primary key (subscription, partition)
);
"""
_UP_TO_DATE = 2**63 - 1  # as far as anything was ever committed
_HAVE_HEARD_ALL = """
insert into subscription_positions (subscription, partition, position, behind)
select name, number, :position, false
from unnest(cast(:names as text[])) as n(name), generate_series(0, 11) as p(number)
"""


def add_subscription_positions(service: str, subscriptions: Mapping[str, Sequence[str]]) -> None:
    """Keep where each subscription stands; these, by id with their types, had heard everything until now.

    Releases from before do not say with a commit whom it is for: it is for these.
    """
    _, app, _ = role_names(service)
    statements(_SUBSCRIPTION_POSITIONS)
    op.execute(f"grant select, insert, update on subscription_positions to {app}")
    names = [f"{name}:{event_type}" for name, types in subscriptions.items() for event_type in types]
    op.execute(text(_HAVE_HEARD_ALL).bindparams(names=names, position=_UP_TO_DATE))


# `due_at` is null where a day is counted no more; `as_of` and `after` tell of a counting under way.
_DAY_COUNTS = """
create table day_counts (
  on_day date primary key,
  due_at timestamptz,
  as_of timestamptz,
  after uuid,
  said bigint not null default 0
);
"""


def add_day_counts(service: str) -> None:
    """Keep which days the service has counted, and when it counts them next."""
    _, app, _ = role_names(service)
    statements(_DAY_COUNTS)
    statements(f"grant select, insert, update, delete on day_counts to {app};\n")
