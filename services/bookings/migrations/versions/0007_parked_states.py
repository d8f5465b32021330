"""Parked messages have a state: waiting for a fact, unknown to this release, or left to a person."""

from shared.persistence.kit_tables import add_parked_states

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    add_parked_states()
