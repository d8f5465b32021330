"""Domain event to contracts: what this service tells others."""

from collections.abc import Iterator

from integrations.domain.rosters import RosterReceived
from shared.contracts import integrations as contracts
from shared.contracts.contract import Contract


def contracts_of(event: RosterReceived, version: int) -> Iterator[tuple[Contract, int]]:
    """The roster, then each of its rows, every one with its sequence.

    A learner's rows are ordered by the number of the roster that brought them.
    """
    roster = event.roster
    said = {
        "roster_id": roster.id,
        "institution_id": roster.institution_id,
        "format": "oneroster-1.2-csv",
        "kind": roster.kind,
        "rows": roster.rows,
        "rejected_rows": roster.rows - roster.accepted,
    }
    yield contracts.RosterReceived.model_validate(said), version
    for row in event.rows:
        yield (
            contracts.RosterRowReceived(
                roster_id=roster.id,
                institution_id=roster.institution_id,
                row_key=row.key,
                row=row.row,
                sealed=row.sealed,
            ),
            roster.number,
        )
