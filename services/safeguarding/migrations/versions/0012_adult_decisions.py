"""Leads' decisions about adults, why an adult needs no check, and the site of each supervised day."""

from shared.persistence.migrations import grant, protect, statements

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    statements(
        """
        alter table supervisors add column no_check_ground text;
        alter table supervisors add column no_check_stated_by_role text;
        alter table supervisors add column no_check_stated_on date;
        alter table supervisors add constraint supervisors_no_check_whole
          check (num_nulls(no_check_ground, no_check_stated_by_role, no_check_stated_on) in (0, 3)) not valid;
        alter table supervised_days add column site_id uuid;
        create table adult_decisions (
          decision_id uuid primary key,
          institution_id uuid not null,
          provider_id uuid not null,
          site_id uuid,
          supervisor_id uuid not null,
          accepted boolean not null,
          reason_code text not null,
          decided_on date not null,
          serves_until date not null,
          decided_by text not null,
          check (decided_on <= serves_until)
        );
        create index adult_decisions_of on adult_decisions
          (institution_id, provider_id, supervisor_id, decision_id);
        """
    )
    grant("safeguarding", "adult_decisions", "select, insert")
    protect("adult_decisions", "institution_id", "provider_id")
