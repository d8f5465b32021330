"""What an operator asks of a service beside its processes: `replay`, `parked`, `announce`, `restored`,
`count`, `rewind`, `story`.
"""

import argparse
import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.bus.command_bus import CommandBus
from shared.bus.inbox import Message
from shared.bus.transaction import Transaction
from shared.contracts.contract import service_of, source_of
from shared.contracts.registry import published
from shared.kernel import Refusal, made_at, new_id
from shared.messaging.announcing import AnnouncedElsewhere, Announcer
from shared.messaging.counting import count_again
from shared.messaging.hearing_again import Choice, hear_again
from shared.messaging.parked_acts import DiscardParked, ParkedActs, discard
from shared.messaging.replay import replay
from shared.messaging.restoring import Restorer
from shared.messaging.rewinding import GroupAtWorkError
from shared.messaging.story import story
from shared.operations.bodies import LONGEST_REASON
from shared.runtime import Service, Worker

MOST_ON_A_PAGE = 500
_CLOCKS_DIFFER = timedelta(minutes=1)  # by no more, of two machines
_COLUMNS = ("id", "state", "parked_at", "type", "topic", "key", "reason")


async def parked(service: Service[Any], asked: argparse.Namespace) -> None:
    """Look at messages that are set aside, or do something with one. Ends with 1 where it cannot be done."""
    if asked.act in ("retry", "discard") and not asked.by:
        raise SystemExit("say who you are: --by")
    try:
        if asked.act == "retry":
            await replay_parked(service, asked.by, parked_id=asked.id)
            return
        async with _worker(service) as worker:
            acts = ParkedActs(worker.runtime.database)
            if asked.act == "list":
                for each in await acts.list(asked.state, asked.after, min(asked.limit, MOST_ON_A_PAGE)):
                    _say("  ".join(_word(each[name]) for name in _COLUMNS))
            elif asked.act == "show":
                _say_all(await acts.show(asked.id))
            else:
                await _discard(worker, asked)
    except Refusal as refused:
        raise SystemExit(refused.detail) from None


async def _discard(worker: Worker[Any], asked: argparse.Namespace) -> None:
    reason = asked.reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise SystemExit(f"--reason has 1 to {LONGEST_REASON} characters")
    runtime, source = worker.runtime, source_of(worker.service.name)
    bus = CommandBus[Transaction](
        runtime.database, lambda it: it, runtime.clock, runtime.waker, source=source
    )
    once = Message("operator", str(new_id()))
    await bus.execute(once, discard, DiscardParked(asked.id, asked.by, reason))
    _say(f"discarded {asked.id}")


async def replay_parked(service: Service[Any], by: str, *, key: str = "", parked_id: int = 0) -> None:
    """Try again what is parked: of a key, of the key of one message, or all. Ends with 1 where any stays."""
    async with _worker(service) as worker:
        acts = ParkedActs(worker.runtime.database)
        key = await acts.key_of(parked_id) if parked_id else key
        await acts.keep_retry(by or "(not said)", parked_id=parked_id, key=key)
        done, stay = await replay(worker.consumer.delivery, key)
    _say(f"replayed {done}, still parked {stay}")
    if stay:
        raise SystemExit(1)


async def announce(service: Service[Any], what: str | None, since: date | None, rate: int) -> None:
    """Publish the present state of one kind again."""
    kinds = {each.what: each for each in service.announcements}
    if what not in kinds:
        raise SystemExit(f"--what is one of: {', '.join(kinds) or 'nothing, here'}")
    runtime = service.run()
    await runtime.waker.start()
    try:
        source = source_of(service.name)
        announcer = Announcer(runtime.database, runtime.waker, runtime.clock, source=source)
        said = await announcer.announce(kinds[what], since, rate)
    except AnnouncedElsewhere:
        raise SystemExit(f"another process is announcing {what}") from None
    finally:
        await runtime.waker.stop()
        await runtime.database.close()
    _say(f"announced {said} {what}")


async def count(service: Service[Any], on: date) -> None:
    """Have a day counted again: a worker does it next."""
    if service.counting is None:
        raise SystemExit(f"{service.name} has nothing to count")
    runtime = service.run()
    try:
        await count_again(runtime.database, on, runtime.clock.now())
    finally:
        await runtime.database.close()
    _say(f"{on} is counted next")


async def restored(service: Service[Any], moment: datetime, lag: timedelta) -> None:
    """Be heard again after a restore, and agree. Ends with 1 where something is to be done by a person."""
    runtime, settings = service.run(), service.settings
    restorer = Restorer(
        *(runtime.database, runtime.waker, runtime.clock),
        service=service.name,
        bootstrap=settings.kafka_bootstrap,
        topic_prefix=settings.topic_prefix,
        own_topics=_own_topics(service),
        heard_topics=_heard_topics(service),
    )
    try:
        done = await restorer.restore(moment, service.own_events, service.announcements, lag)
    except GroupAtWorkError:
        raise SystemExit(f"a worker of {service.name} still runs: stop it first") from None
    finally:
        await runtime.database.close()
    for kind, key in done.lost:
        _say(f"lost {key}, told by {kind}")
    for failed, count in sorted(done.failed.items()):
        _say(f"not settled {count} {failed}")
    _say(
        f"epoch {done.epoch}: {done.read_again} to be read again, {done.settled} settled, "
        f"{len(done.lost)} lost, {done.announced} announced"
    )
    if done.failed:
        raise SystemExit(1)


async def rewind(service: Service[Any], choice: Choice) -> None:
    """Hear again what was said since a moment, of one aggregate or of one type."""
    settings = service.settings
    if choice.type and choice.type not in {each.contract.type for each in service.subscriptions}:
        raise SystemExit(f"{service.name} hears no {choice.type}")
    async with _worker(service) as worker:
        again = await hear_again(
            *(worker.consumer.delivery, settings.kafka_bootstrap, settings.topic_prefix),
            _heard_topics(service),
            choice,
        )
    _say(f"heard {again} again")


async def tell_story(service: Service[Any], subject: UUID, since: datetime | None) -> None:
    """Say line by line what this service knows of one aggregate, in the order of time.

    The log is read since the aggregate's id was made; `since` is for an id that does not tell.
    """
    begins = since or (made_at(subject) or datetime.fromtimestamp(0, UTC) + _CLOCKS_DIFFER) - _CLOCKS_DIFFER
    runtime, settings = service.run(), service.settings
    try:
        lines = await story(
            *(runtime.database, settings.kafka_bootstrap, settings.topic_prefix),
            own_topics=_own_topics(service),
            heard_topics=_heard_topics(service),
            subscriptions=[each.id for each in service.subscriptions],
            subject=subject,
            since=begins,
        )
    finally:
        await runtime.database.close()
    for line in lines:
        at = f"{line.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3]
        _say("  ".join(filter(None, (at, f"{service.name:<13}", line.act, line.what, line.by))))


def _own_topics(service: Service[Any]) -> list[str]:
    return sorted({c.topic for c in published().values() if service_of(c.topic) == service.name})


def _heard_topics(service: Service[Any]) -> list[str]:
    return sorted({each.contract.topic for each in service.subscriptions})


@contextlib.asynccontextmanager
async def _worker(service: Service[Any]) -> AsyncIterator[Worker[Any]]:
    """A worker that is not started: what it is made of is lent for one act."""
    worker = service.worker()
    try:
        yield worker
    finally:
        await worker.runtime.database.close()
        await worker.relay_database.close()


def _say_all(shown: Mapping[str, Any]) -> None:
    for name, value in shown.items():
        if name != "acts":
            _say(f"{name:<12} {_word(value)}")
    for act in shown["acts"]:
        why = f": {act['reason']}" if act["reason"] else ""
        _say(f"{_word(act['at'])}  {act['act']} by {act['by']}{why}")


def _word(value: Any) -> str:
    if value is None:
        return "-"
    return value.isoformat(sep=" ", timespec="seconds") if hasattr(value, "isoformat") else str(value)


def _say(line: str) -> None:
    print(line)  # noqa: T201 - the command's answer
