"""A school's own id leads to its learner also without a UPN; who has left a school may return to another."""

from shared.persistence.migrations import grant, protect, statements

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    statements(
        """
        create table learner_sources (
          institution_id uuid not null,
          source_key uuid not null,
          learner_id uuid not null,
          primary key (institution_id, source_key)
        );
        alter table pseudonyms add column on_roll boolean not null default true;
        create index learner_sources_by_learner on learner_sources (institution_id, learner_id);
        """
    )
    grant("bookings", "learner_sources")
    protect("learner_sources", "institution_id")
