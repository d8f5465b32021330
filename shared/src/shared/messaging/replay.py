"""Takes parked messages up again: oldest first, each aggregate in order, stopping where one fails."""

from typing import TypeVar

from shared.contracts.envelope import from_message
from shared.messaging import parking
from shared.messaging.consumer import Consumer
from shared.messaging.parking import Parked
from shared.messaging.policy import Subscription
from shared.persistence.database import Database
from shared.telemetry.logs import logger

UnitOfWork = TypeVar("UnitOfWork")
log = logger(__name__)


async def replay(
    database: Database,
    consumer: Consumer[UnitOfWork],
    subscriptions: list[Subscription[UnitOfWork]],
    key: str = "",
) -> tuple[int, int]:
    """Replay what is parked (of one aggregate, or of all); returns how many were done and how many stay."""
    done, failed = 0, dict[int, tuple[str, str]]()
    # A running consumer may park more messages behind those being replayed: repeat until none is new.
    while fresh := await parking.waiting(database, key, list(failed)):
        for parked in fresh:
            ordering_key = (parked.message.topic, parked.message.key)
            if ordering_key in failed.values() or not await _take_up(consumer, subscriptions, parked):
                failed[parked.id] = ordering_key
                continue
            await parking.mark_replayed(database, [parked.id])
            done += 1
    return done, len(failed)


async def _take_up(
    consumer: Consumer[UnitOfWork], subscriptions: list[Subscription[UnitOfWork]], parked: Parked
) -> bool:
    message = parked.message
    known = {s.contract.type: s.contract for s in subscriptions}
    try:
        event = from_message(message.header_pairs, message.payload or b"", known)
        # A malformed message was parked under the service's name: all its policies take it up.
        policies = [
            subscription
            for subscription in subscriptions
            if subscription.contract.type == event.type
            and parked.consumer in (subscription.id, consumer.service)
        ]
        for subscription in policies:
            await consumer.delivery.carry_out(subscription, event, ordering_key=None)
    except Exception as error:  # noqa: BLE001 - it stays parked, whatever it was
        log.warning("replay_failed", consumer=parked.consumer, error=type(error).__name__)
        return False
    if not policies:
        log.warning("replay_failed", consumer=parked.consumer, reason="no policy of this name")
    return bool(policies)
