"""Year groups that hold from a day within a school year; `year_groups` has those of its beginning."""

from shared.persistence.migrations import grant, protect, statements

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    statements(
        """
        create table year_group_changes (
          institution_id uuid not null,
          learner_id uuid not null,
          since date not null,
          year_group smallint not null check (year_group between 7 and 13),
          primary key (institution_id, learner_id, since),
          foreign key (institution_id, learner_id) references learners on delete cascade
        );
        """
    )
    grant("outcomes", "year_group_changes")
    protect("year_group_changes", "institution_id")
