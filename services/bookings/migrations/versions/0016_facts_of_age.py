"""Of a learner on a booking: days under 16, the last two compulsory years, a review for their needs."""

from shared.persistence.migrations import statements

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    statements(
        """
        alter table booking_learners add column under_16_days smallint;
        alter table booking_learners add column in_last_two_compulsory_years boolean;
        alter table booking_learners add column needs_review boolean not null default false;
        """
    )
