"""Group commit: commands about one thing share transactions, and none suffers from its neighbours."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import pytest
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from sqlalchemy.ext.asyncio import AsyncSession

from shared.bus.batching import KeyedBatcher
from shared.bus.command_bus import CommandEnvelope, Done, OutcomeUnknown
from shared.bus.inbox import Answer, KeyReused, Message, Taken
from shared.kernel import ConcurrentChange, Conflict, Refusal, new_id
from tests.infra.polling import eventually
from tests.shared.example_service import ChangeThing, ExampleService, ExampleUnitOfWork, change_thing

KEY = "the one session all want"


class Recorder:
    """A handler of many that keeps what came together, and can be made to wait."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, commands: Sequence[ChangeThing], uow: ExampleUnitOfWork) -> list[int | Refusal]:
        self.batches.append([each.number for each in commands])
        await self.go.wait()
        outcomes: list[int | Refusal] = []
        for command in commands:
            if isinstance(command.fail_with, Refusal):
                outcomes.append(command.fail_with)
            else:
                outcomes.append(await change_thing(command, uow))
        return outcomes


def envelope(number: int, **options: object) -> CommandEnvelope[ChangeThing, int]:
    command = ChangeThing(new_id(), number, fail_with=options.get("fail_with"))  # type: ignore[arg-type]
    message = Message("http:org:somebody", str(options.get("key", number)), fingerprint=b"one")
    return CommandEnvelope(message, command, lambda result: Answer(201, str(result)))


async def waiting(
    recorder: Recorder,
    batcher: KeyedBatcher[ExampleUnitOfWork],
    *envelopes: CommandEnvelope[ChangeThing, int],
) -> list[asyncio.Task[object]]:
    """The commands behind a first one that is in hand: they are carried out together after it."""
    recorder.go.clear()
    first = asyncio.create_task(batcher.execute(KEY, recorder, envelope(0)))
    await eventually(lambda: recorder.batches)
    rest = [asyncio.create_task(batcher.execute(KEY, recorder, each)) for each in envelopes]
    await asyncio.sleep(0)
    return [first, *rest]


async def test_one_alone_waits_for_nobody_and_what_comes_meanwhile_goes_together(
    example: ExampleService,
) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=64)
    tasks = await waiting(recorder, batcher, *(envelope(number) for number in range(1, 6)))
    recorder.go.set()

    outcomes = await asyncio.gather(*tasks)

    assert recorder.batches == [[0], [1, 2, 3, 4, 5]]
    assert [isinstance(each, Done) and each.result for each in outcomes] == [0, 1, 2, 3, 4, 5]
    assert await example.effects() == [0, 1, 2, 3, 4, 5]


async def test_a_batch_is_no_larger_than_it_may_be(example: ExampleService) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=2)
    tasks = await waiting(recorder, batcher, *(envelope(number) for number in range(1, 6)))
    recorder.go.set()
    await asyncio.gather(*tasks)

    assert sorted(recorder.batches) == [[0], [1, 2], [3, 4], [5]]


async def test_a_full_load_begins_beside_the_one_in_hand_and_a_third_waits(example: ExampleService) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=2)
    tasks = await waiting(recorder, batcher, envelope(1))
    await asyncio.sleep(0)
    assert recorder.batches == [[0]]  # one alone is no load

    tasks += [asyncio.create_task(batcher.execute(KEY, recorder, envelope(number))) for number in range(2, 6)]
    await eventually(lambda: len(recorder.batches) == 2)
    recorder.go.set()
    await asyncio.gather(*tasks)

    assert recorder.batches[:2] == [[0], [1, 2]]
    assert sorted(recorder.batches[2:]) == [[3, 4], [5]]
    assert sorted(await example.effects()) == [0, 1, 2, 3, 4, 5]


async def test_with_a_batch_size_of_one_each_has_its_own_transaction(example: ExampleService) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=1)
    await asyncio.gather(*(batcher.execute(KEY, recorder, envelope(number)) for number in range(5)))

    assert sorted(recorder.batches) == [[0], [1], [2], [3], [4]]


async def test_a_refused_one_is_told_so_and_leaves_nothing(example: ExampleService) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=64)
    tasks = await waiting(
        recorder, batcher, envelope(1), envelope(2, fail_with=Conflict("full")), envelope(3)
    )
    recorder.go.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(each) for each in outcomes] == [Done, Done, Conflict, Done]
    assert await example.effects() == [0, 1, 3]
    assert len(await example.sql("select from inbox")) == 3
    assert isinstance(await batcher.execute(KEY, recorder, envelope(2)), Done)


async def test_when_the_transaction_fails_each_is_tried_alone(example: ExampleService) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=64)
    tasks = await waiting(
        recorder, batcher, envelope(1), envelope(2, fail_with=ZeroDivisionError()), envelope(3)
    )
    recorder.go.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(each) for each in outcomes] == [Done, Done, ZeroDivisionError, Done]
    assert recorder.batches == [[0], [1, 2, 3], [1], [2], [3]]
    assert await example.effects() == [0, 1, 3]


async def test_one_that_is_to_be_tried_anew_is_tried_alone(example: ExampleService) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=64)
    late = envelope(2, fail_with=ConcurrentChange())
    tasks = await waiting(recorder, batcher, envelope(1), late, envelope(3))
    recorder.go.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(each) for each in outcomes] == [Done, Done, ConcurrentChange, Done]
    assert recorder.batches == [[0], [1, 2, 3], [2]]


async def test_a_client_that_leaves_takes_no_neighbour_along(example: ExampleService) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=64)
    tasks = await waiting(recorder, batcher, envelope(1), envelope(2), envelope(3))
    tasks[0].cancel()  # in hand: it is finished all the same
    tasks[2].cancel()  # not yet begun: it never is
    recorder.go.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(each) for each in outcomes] == [asyncio.CancelledError, Done, asyncio.CancelledError, Done]
    assert recorder.batches == [[0], [1, 3]]
    assert await example.effects() == [0, 1, 3]


async def test_the_same_key_twice_at_once_has_one_effect_and_one_answer(example: ExampleService) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=64)
    tasks = await waiting(recorder, batcher, envelope(1, key="k"), envelope(2, key="k"), envelope(3))
    recorder.go.set()
    outcomes = await asyncio.gather(*tasks)

    assert recorder.batches == [[0], [1], [3]]
    assert outcomes[2] == Taken(Answer(201, "1"))
    assert await example.effects() == [0, 1, 3]


async def test_a_key_used_for_something_else_is_refused_among_others(example: ExampleService) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=64)
    await batcher.execute(KEY, recorder, envelope(1, key="k"))
    other: CommandEnvelope[ChangeThing, int] = CommandEnvelope(
        Message("http:org:somebody", "k", fingerprint=b"two"), ChangeThing(new_id(), 2)
    )
    recorder.batches.clear()
    tasks = await waiting(recorder, batcher, other, envelope(3))
    recorder.go.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(each) for each in outcomes] == [Done, KeyReused, Done]


async def test_with_the_database_gone_all_are_told_at_once(
    example: ExampleService, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=64)
    tasks = await waiting(recorder, batcher, envelope(1), envelope(2))
    recorder.go.set()
    await tasks[0]

    async def lost(_: AsyncSession) -> None:
        raise asyncpg.ConnectionDoesNotExistError("lost")

    monkeypatch.setattr(AsyncSession, "commit", lost)
    outcomes = await asyncio.gather(*tasks[1:], return_exceptions=True)

    assert [type(each) for each in outcomes] == [OutcomeUnknown, OutcomeUnknown]
    assert len(recorder.batches) == 2


async def test_events_of_those_carried_out_together_stay_in_the_trace_of_their_request(
    example: ExampleService,
) -> None:
    recorder, batcher = Recorder(), KeyedBatcher(example.bus, max_batch_size=64)
    traces = {new_id(): 0xA0 + number for number in range(3)}

    def traced(thing_id: UUID, number: int) -> CommandEnvelope[ChangeThing, int]:
        span = NonRecordingSpan(SpanContext(number, number, is_remote=True, trace_flags=TraceFlags(1)))
        origin = trace.set_span_in_context(span)
        message = Message("http:org:somebody", str(thing_id))
        return CommandEnvelope(message, ChangeThing(thing_id, 1), None, str(thing_id), origin)

    tasks = await waiting(recorder, batcher, *(traced(*each) for each in traces.items()))
    recorder.go.set()
    await asyncio.gather(*tasks)

    rows = await example.sql("select key, headers ->> 'traceparent' as parent from outbox order by id")
    told = {UUID(row["key"]): int(row["parent"].split("-")[1], 16) for row in rows if row["parent"]}
    assert {key: told[key] for key in traces} == traces
