"""Domain event to contract: what other services learn of places."""

from bookings.capacity.domain import SessionPlaces
from shared.bus.transaction import Transaction
from shared.contracts.bookings import PlacesChanged


def publish(transaction: Transaction, places: SessionPlaces) -> None:
    """Publish how many places are taken now."""
    changed = PlacesChanged(
        session_id=places.session_id,
        opportunity_id=places.opportunity_id,
        places=places.places,
        taken=places.taken,
    )
    transaction.publish(changed, sequence=places.version)
