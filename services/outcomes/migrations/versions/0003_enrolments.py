"""Where each learner has been, and where a departure or an erasure has something left to do.

What is known already is copied as each institution with learners sees it. Departures that were overwritten
by a later move are found by it, and acted on.
"""

from shared.persistence.migrations import grant, statements

revision = "0003"
down_revision = "0002"

_ENROLMENTS = """
create table enrolments (
  learner_id uuid not null,
  institution_id uuid not null,
  to_close boolean not null default false,
  primary key (learner_id, institution_id)
);
select set_config('app.tenants', string_agg(distinct institution_id::text, ','), true) from accounts;
insert into enrolments (learner_id, institution_id, to_close)
select learner_id, l.institution_id, l.on_roll and l.institution_id <> a.institution_id
from learners l join accounts a using (learner_id);
insert into enrolments (learner_id, institution_id)
select distinct learner_id, institution_id from bookings cross join unnest(learner_ids) as booked (learner_id)
on conflict do nothing;
insert into deadlines (name, subject_id, tenant_id, due_at)
select distinct on (learner_id) 'departure', learner_id, institution_id, now()
from enrolments where to_close order by learner_id, institution_id
on conflict do nothing;
"""


def upgrade() -> None:
    statements(_ENROLMENTS)
    grant("outcomes", "enrolments")
