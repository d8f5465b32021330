"""Places whose count others heard since the moment a database was restored to."""

from sqlalchemy import text

from shared.bus.transaction import Transaction
from shared.contracts.bookings import PlacesChanged
from shared.contracts.envelope import Event
from shared.messaging.restoring import OwnEvent

_COUNTED = text("select taken, version from session_places where session_id = :session_id")


async def count_again(event: Event[PlacesChanged], transaction: Transaction) -> None:
    """Tell how many are taken now; none where the session itself is still to be heard of again."""
    found = (await transaction.db.execute(_COUNTED, {"session_id": event.data.session_id})).one_or_none()
    taken, version = found or (0, 0)
    transaction.publish(event.data.model_copy(update={"taken": taken}), sequence=version)


OWN_EVENTS = [OwnEvent(PlacesChanged, count_again, lambda _: frozenset())]
