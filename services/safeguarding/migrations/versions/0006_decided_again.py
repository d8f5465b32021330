"""Clearances are decided again: they may be revoked, and every earlier decision is kept."""

from shared.persistence.migrations import grant, protect, statements

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    statements(
        """
        alter table clearances drop constraint clearances_state_check;
        alter table clearances add constraint clearances_state_check
          check (state in ('granted', 'refused', 'referred', 'revoked', 'ended')) not valid;
        alter table clearances validate constraint clearances_state_check;
        create index clearances_of_session on clearances (session_id);
        create index known_sessions_of_supervisor on known_sessions using gin (supervisor_ids);
        create table superseded_decisions (
          booking_id uuid not null,
          version integer not null,
          institution_id uuid not null,
          provider_id uuid not null,
          state text not null,
          rule_version text not null,
          reason_codes text[] not null,
          inputs jsonb not null,
          decided_by text,
          decided_at timestamptz not null,
          primary key (booking_id, version),
          foreign key (booking_id, institution_id, provider_id)
            references clearances (booking_id, institution_id, provider_id)
        );
        """
    )
    grant("safeguarding", "superseded_decisions", "select, insert")
    protect("superseded_decisions", "institution_id", "provider_id")
