"""A consumer of the example service's at work, and what a test asks of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

from shared.contracts.envelope import Event, to_headers
from shared.kernel import new_id
from shared.messaging.consumer import Consumer
from shared.messaging.kafka import header_pairs
from shared.messaging.policy import Instruction, Subscription
from shared.messaging.retrier import Retrier
from tests.shared.example_service import (
    SUBSCRIPTIONS,
    ExampleService,
    ExampleUnitOfWork,
    Note,
    OtherHappened,
    ThingChanged,
    ThingEnded,
    note,
)
from tests.shared.log import Log, event

TENANT = new_id()


def changed(key: UUID, number: int) -> Event[Any]:
    return event(ThingChanged(thing_id=key, tenant_id=TENANT, number=number), number)


def ended(key: UUID, number: int) -> Event[Any]:
    return event(ThingEnded(thing_id=key, tenant_id=TENANT, number=number), number)


@contextlib.asynccontextmanager
async def consuming(
    example: ExampleService, log: Log, *more: Any, **options: Any
) -> AsyncIterator[Consumer[ExampleUnitOfWork]]:
    """A consumer at work with its retrier, as a worker has them."""
    consumer = example.consumer(log.bootstrap, log.prefix, *more, **options)
    retrier = Retrier(consumer.delivery)
    await consumer.start()
    await retrier.start()
    try:
        yield consumer
    finally:
        await consumer.stop()
        await retrier.stop()


def subscriptions(
    note_of: Callable[[Event[ThingChanged]], Note], also_ended: bool = True
) -> list[Subscription[ExampleUnitOfWork]]:
    """The example service's, with what a test notes of each change."""

    def when_thing_changed_do(event: Event[ThingChanged]) -> Instruction[ExampleUnitOfWork]:
        return Instruction(note, note_of(event))

    return [
        Subscription("when_thing_changed_do", ThingChanged, when_thing_changed_do),
        *(SUBSCRIPTIONS[1:] if also_ended else []),
    ]


def when_other_happened_note_it(event: Event[OtherHappened]) -> Instruction[ExampleUnitOfWork]:
    return Instruction(note, Note(event.data.thing_id, event.data.number))


# What happens on the other topic is noted too.
OTHER = Subscription("when_other_happened_note_it", OtherHappened, when_other_happened_note_it)


async def has_effects(example: ExampleService, key: UUID, numbers: list[int]) -> bool:
    assert await example.effects(key) == numbers
    return True


async def are_parked(example: ExampleService, count: int) -> bool:
    parked = await example.parked()
    assert len(parked) == count, parked
    return True


def headers_of(key: UUID) -> list[tuple[str, bytes]]:
    return list(header_pairs(to_headers(changed(key, 1)).items()))


def slowly(begun: asyncio.Event, finish: asyncio.Event) -> list[Subscription[ExampleUnitOfWork]]:
    async def note_slowly(command: Note, uow: ExampleUnitOfWork) -> None:
        begun.set()
        await finish.wait()
        await note(command, uow)

    def when_thing_changed_note_slowly(event: Event[ThingChanged]) -> Instruction[ExampleUnitOfWork]:
        return Instruction(note_slowly, Note(event.data.thing_id, event.data.number))

    return [Subscription("when_thing_changed_note_slowly", ThingChanged, when_thing_changed_note_slowly)]
