"""What is learnt later: clearances are revoked or have other conditions; assurances know their days."""

from shared.persistence.migrations import statements

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    statements(
        """
        alter table bookings add column conditions text[] not null default '{}';
        alter table bookings add column clearance_sequence integer not null default 0;
        alter table bookings drop constraint bookings_state_check;
        alter table bookings add constraint bookings_state_check check (state in (
          'waitlisted', 'awaiting_clearance', 'confirmed', 'suspended', 'suspended_awaiting',
          'suspended_cleared', 'suspended_revoked', 'refused', 'expired', 'withdrawn', 'cancelled'))
          not valid;
        alter table bookings validate constraint bookings_state_check;
        alter table assurances add column valid_from date;
        alter table assurances add column valid_until date;
        """
    )
