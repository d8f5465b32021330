"""The kit's own tables that have a partition for each day: the inbox and the archive of the outbox."""

from alembic import op

from shared.persistence.migrations import statements
from shared.persistence.partitions import add_partitions, adopt, make_ahead, partition_by_day
from shared.persistence.provision import role_names

# Longer than any topic keeps an event, so that no redelivery finds its claim gone.
EVENT_CLAIMS_KEPT = 40
# No longer than the topic that keeps its events for the shortest time, three days: today and two before.
ARCHIVE_KEPT = 2

# Requests and deadlines come again soon or never, and their ids tell no time: two days of them lie in one
# table. Everything else lies in the day its id tells.
_BRIEF = "source like 'http:%' or source like 'deadline:%'"
_INBOX = f"""
lock table inbox in access exclusive mode;
alter table inbox rename to inbox_before;
alter table inbox_before rename constraint inbox_pkey to inbox_before_pkey;
drop index inbox_by_age;
create table inbox (
  source text not null,
  message_id text not null,
  fingerprint bytea,
  answer jsonb,
  received_at timestamptz not null default clock_timestamp()
) partition by list (({_BRIEF}));
create table inbox_brief partition of inbox (primary key (source, message_id)) for values in (true);
create index inbox_brief_by_age on inbox_brief (received_at);
create table inbox_long partition of inbox (primary key (source, message_id))
  for values in (false) partition by range (message_id);
"""
_MOVE_BRIEF = f"""
with brief as (delete from inbox_before where {_BRIEF} returning *)
insert into inbox_brief select * from brief where received_at > now() - interval '2 days'
"""  # noqa: S608 - of constants alone
_ARCHIVE = """
create table outbox_archive (
  outbox_id bigint not null,
  topic text not null,
  key text not null,
  event_id uuid not null,
  headers jsonb not null,
  payload bytea,
  created_at timestamptz not null,
  published_at timestamptz not null default statement_timestamp()
) partition by range (published_at)
"""


def partition_kit_tables(service: str) -> None:
    """Give the inbox partitions, keeping every claim in effect, and add the archive of the outbox."""
    _, app, relay = role_names(service)
    add_partitions(service)
    _partition_inbox()
    op.execute(_ARCHIVE)
    partition_by_day("outbox_archive", days_kept=ARCHIVE_KEPT, aged_by="published_at")
    make_ahead("outbox_archive")
    statements(
        f"""
        grant select, insert, update, delete on inbox, inbox_brief to {app};
        grant select, insert on inbox_long to {app};
        grant insert on outbox_archive to {relay};
        grant select on outbox_archive to {app};
        """
    )


def _partition_inbox() -> None:
    statements(_INBOX)
    op.execute(_MOVE_BRIEF)
    partition_by_day("inbox_long", days_kept=EVENT_CLAIMS_KEPT, aged_by="received_at")
    adopt("inbox_before", "inbox_long", key="message_id")
    make_ahead("inbox_long")
