"""The events of many bookings, as `bookings` says them: what relay and producer carry in the benchmarks."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

from shared.contracts.bookings import BookingConfirmed, BookingRequested
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event
from shared.kernel import new_id
from wex.folders import REPOSITORY

_SAMPLES = REPOSITORY / "deploy" / "api" / "samples"


def events(count: int, *, traced: bool = True) -> Iterator[Event[Contract]]:
    """So many events, two a booking: requested and confirmed."""
    models = [_sample(BookingRequested), _sample(BookingConfirmed)]
    for number in range(count):
        if number % 2 == 0:
            booking = new_id()
        data = models[number % 2].model_copy(update={"booking_id": booking})
        trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01" if traced else None
        yield Event(new_id(), "/services/bookings", datetime.now(UTC), 1 + number % 2, data, trace)


def _sample(contract: type[Contract]) -> Contract:
    golden = json.loads((_SAMPLES / f"{contract.type}.json").read_text())
    return contract.model_validate(golden["data"])
