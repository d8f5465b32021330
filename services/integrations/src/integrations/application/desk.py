"""The desk: what a request needs besides the door that changes things."""

from dataclasses import dataclass

from integrations.application.ports import Destinations, Reads, Vault
from integrations.application.rosters import Intake


@dataclass(frozen=True, slots=True)
class Desk:
    """Reads, the intake of rosters, where webhooks may go, and the vault that shows a new secret."""

    reads: Reads
    intake: Intake
    destinations: Destinations
    vault: Vault
