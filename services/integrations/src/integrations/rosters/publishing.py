"""Domain event to contracts: what this service publishes of rosters."""

from collections.abc import Iterator

from integrations.rosters.domain.roster import RosterReceived
from shared.contracts import integrations as contracts
from shared.contracts.contract import Contract


def contracts_of(event: RosterReceived, version: int) -> Iterator[tuple[Contract, int]]:
    """The roster, then each of its rows, every one with its sequence.

    A learner's rows are ordered by the number of the roster that brought them.
    """
    yield (
        contracts.RosterReceived(
            roster_id=event.roster_id,
            institution_id=event.institution_id,
            format="oneroster-1.2-csv",
            kind=event.kind,
            rows=event.rows,
            rejected_rows=event.rejected_rows,
        ),
        version,
    )
    for row in event.learners:
        yield (
            contracts.RosterRowReceived(
                roster_id=event.roster_id,
                institution_id=event.institution_id,
                row_key=row.key,
                row=row.row,
                sealed=row.sealed,
            ),
            event.number,
        )
