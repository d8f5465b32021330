"""Registers have authors and versions, and what a later one replaced is kept.

Code that knows neither goes on writing registers; theirs have no author, as those from before.
"""

from shared.persistence.migrations import grant, protect, statements

revision = "0004"
down_revision = "0003"

_HISTORY = """
alter table attendance add column version integer not null default 0;
alter table attendance add column recorded_by uuid;
create table attendance_history (
  institution_id uuid not null,
  provider_id uuid not null,
  booking_id uuid not null,
  on_day date not null,
  learner_id uuid not null,
  attended boolean not null,
  minutes smallint not null,
  recorded_at timestamptz not null,
  version integer not null,
  recorded_by uuid,
  primary key (institution_id, booking_id, learner_id, on_day, version),
  foreign key (institution_id, booking_id, learner_id) references booking_learners on delete cascade
);
create index attendance_history_by_booking on attendance_history (booking_id, on_day, version);
"""


def upgrade() -> None:
    statements(_HISTORY)
    grant("bookings", "attendance_history", "select, insert")  # only added to; an erasure goes by the key
    protect("attendance_history", "institution_id", "provider_id")
