"""Parked messages as a queue: the first of each key claimed when due, then settled or left to rest again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.messaging import parking
from shared.messaging.parking import LOCK_KEYS, RawMessage
from shared.messaging.verdicts import Aside
from shared.persistence.database import AsyncSession, Database

LEASE = 30.0  # seconds a claim lasts; a worker that takes longer does no harm: the inbox lets it count once
# Messages woken at once by a fact: those that then have their effect wake the next ones.
WOKEN = 1_000
Keys = Collection[tuple[str, str]]  # topic and key
_MOST_COUNTED = 100_001

# A row of an earlier release is due at once wherever it stands: only the first of a key may be taken.
_CLAIM = text(
    """
    update parked_messages p set try_at = clock_timestamp() + make_interval(secs => :lease)
    from (select id from parked_messages w
          where state = 'waiting' and replayed_at is null and try_at <= clock_timestamp()
            and (not holds or not exists (
              select from parked_messages e
              where e.topic = w.topic and e.key = w.key and e.id < w.id
                and e.replayed_at is null and e.holds))
          order by try_at limit :limit for update skip locked) as due
    where p.id = due.id
    returning p.id, p.consumer, p.topic, p.partition, p.position, p.key, p.headers, p.payload, p.reason,
              p.needs, p.attempts, p.try_at
    """
)
_SETTLE = text(
    """
    update parked_messages set state = 'replayed', replayed_at = clock_timestamp()
    where id = any (cast(:ids as bigint[])) and replayed_at is null
    """
)
_LET_NEXT_COME = text(
    """
    update parked_messages p set try_at = clock_timestamp()
    from unnest(cast(:topics as text[]), cast(:keys as text[])) as m (topic, key)
    cross join lateral (
      select id from parked_messages w
      where w.topic = m.topic and w.key = m.key and w.replayed_at is null and w.holds
      order by id limit 1) as first
    where p.id = first.id and p.try_at = 'infinity'
    """
)
# A fact may have come since the claim: then `try_at` is no longer what the claim made it, and stays.
_REST = text(
    """
    update parked_messages p
    set state = r.state, reason = r.reason, needs = r.needs, holds = r.holds, release = r.release,
        attempts = r.attempts,
        try_at = case when p.try_at = r.claimed_until
                   then clock_timestamp() + make_interval(secs => r.rest) else p.try_at end
    from unnest(cast(:ids as bigint[]), cast(:states as text[]), cast(:reasons as text[]),
                cast(:needs as text[]), cast(:holds as boolean[]), cast(:releases as text[]),
                cast(:attempts as integer[]), cast(:claimed_until as timestamptz[]),
                cast(:rests as double precision[]))
      as r (id, state, reason, needs, holds, release, attempts, claimed_until, rest)
    where p.id = r.id and p.replayed_at is null
    """
)
# Locked in the order of their ids, by this and by `_IN_ORDER`, so that two cannot wait for each other.
_WAKE = text(
    """
    update parked_messages set try_at = clock_timestamp()
    where id in (
      select id from parked_messages
      where needs = any (cast(:named as text[])) and replayed_at is null and try_at > clock_timestamp()
        and state = 'waiting' and (topic <> :topic or not holds)
      order by id limit :limit for update)
    """
)
_IN_ORDER = text("select from parked_messages where id = any (cast(:ids as bigint[])) order by id for update")
_ANY_NEEDS = text("select exists (select from parked_messages where replayed_at is null and needs <> '')")
# What another release could not read is tried by this one, once.
_TAKE_OVER = text(
    """
    update parked_messages
    set state = 'waiting', attempts = 0,
        try_at = case when try_at = 'infinity' then try_at else clock_timestamp() end
    where id in (
      select id from parked_messages
      where state = 'unknown' and replayed_at is null and (release < :release or release > :release)
      limit :limit for update skip locked)
    """
)
# The first of a key is due too where the one before it was marked as done by hand, and so woke nobody.
_TRY = """
    update parked_messages w
    set state = 'waiting', attempts = 0,
        try_at = case when holds and exists (
                   select from parked_messages e
                   where e.topic = w.topic and e.key = w.key and e.id < w.id
                     and e.replayed_at is null and e.holds)
                 then 'infinity' else clock_timestamp() end
    where replayed_at is null
"""
_TRY_ALL = text(f"{_TRY} and (:key = '' or key = :key)")
_TRY_KEY = text(f"{_TRY} and topic = :topic and key = :key")
_OPEN = text("select count(*) from parked_messages where replayed_at is null and (:key = '' or key = :key)")
# Due or in somebody's hands since `_TRY_ALL`: whoever sets one aside again has counted a try.
_UNTRIED = text(
    """
    select exists (select from parked_messages where state = 'waiting' and replayed_at is null
                     and attempts = 0 and try_at < 'infinity' and (:key = '' or key = :key))
    """
)
_STATE = text(
    """
    select s.state, oldest.parked_at, extract(epoch from clock_timestamp() - oldest.parked_at) as age,
           (select count(*) from (select from parked_messages
                                  where state = s.state and replayed_at is null limit :most) c) as number
    from unnest(array['waiting', 'unknown', 'failed']) as s (state)
    left join lateral (select parked_at from parked_messages
                       where state = s.state and replayed_at is null order by parked_at limit 1) as oldest
      on true
    """
)


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that was set aside and is this worker's until `claimed_until`."""

    id: int
    consumer: str
    message: RawMessage
    reason: str
    needs: str
    attempts: int
    claimed_until: datetime


@dataclass(frozen=True, slots=True)
class Rest:
    """A message that is set aside again: how, for how many seconds, and after how many tries."""

    parked: Parked
    aside: Aside
    seconds: float
    attempts: int


class ParkedMessages:
    """The messages one service has set aside."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Until somebody has looked, and where this process has set one aside since.
        self.any_waiting = self._any_needs = True

    async def park(self, consumer: str, message: RawMessage, aside: Aside, release: str) -> bool:
        """Set a message aside; whether it was: not one about an aggregate that was lost in a restore."""
        if not await parking.park(self._database, consumer, message, aside, release):
            return False
        self.any_waiting = True
        self._any_needs |= aside.needs != ""
        return True

    async def claim(self, limit: int) -> list[Parked]:
        """Those that are due and the first of their key."""
        async with self._database.session() as db:
            rows = (await db.execute(_CLAIM, {"limit": limit, "lease": LEASE})).all()
            await db.commit()
        return [_parked(row) for row in sorted(rows, key=lambda row: int(row.id))]

    async def settle(self, done: Sequence[Parked]) -> None:
        """These have had their effect: the next of each key is due."""
        if not done:
            return
        async with self._database.session() as db:
            await lock_keys(db, keys := _keys(done))
            await db.execute(_SETTLE, {"ids": [each.id for each in done]})
            await let_next_come(db, keys)
            await db.commit()

    async def rest(self, rests: Sequence[Rest], release: str) -> None:
        """These are set aside again; where one no longer holds its key, the next one is due."""
        if not rests:
            return
        freed = _keys([each.parked for each in rests if not each.aside.holds])
        async with self._database.session() as db:
            await lock_keys(db, freed)
            await db.execute(_IN_ORDER, {"ids": [each.parked.id for each in rests]})
            await db.execute(_REST, _columns(rests, release))
            await let_next_come(db, freed)
            await db.commit()
        self._any_needs |= any(each.aside.needs for each in rests)

    async def wake(self, named: Iterable[str], topic: str = "") -> None:
        """Something was said of what is `named`: whoever waits for it is due.

        Within the `topic` it was said on, only those that hold nobody back: others of it wait for facts of
        other topics.
        """
        if not self._any_needs or not (ids := sorted(set(named) - {""})):
            return
        async with self._database.session() as db:
            await db.execute(_WAKE, {"named": ids, "topic": topic, "limit": WOKEN})
            await db.commit()

    async def take_over(self, release: str) -> None:
        """What was unknown to other releases is due; and look whether anything waits for a fact at all."""
        self._any_needs = True
        async with self._database.session() as db:
            await db.execute(_TAKE_OVER, {"release": release, "limit": WOKEN})
            self._any_needs = bool(await db.scalar(_ANY_NEEDS))
            await db.commit()

    async def try_all(self, key: str = "") -> None:
        """All that is set aside, of one key or of all, is due: the cause is mended."""
        async with self._database.session() as db:
            await db.execute(_TRY_ALL, {"key": key})
            await db.commit()

    async def untried(self, key: str = "") -> bool:
        """Whether any that is due has not been tried yet, or is just being tried, here or elsewhere."""
        async with self._database.session() as db:
            return bool(await db.scalar(_UNTRIED, {"key": key}))

    async def open(self, key: str = "") -> int:
        """How many are set aside now."""
        async with self._database.session() as db:
            return int(await db.scalar(_OPEN, {"key": key}) or 0)

    async def state(self) -> dict[str, tuple[int, float]]:
        """By state: how many there are, and for how many seconds the oldest has been there."""
        async with self._database.session() as db:
            rows = (await db.execute(_STATE, {"most": _MOST_COUNTED})).all()
        self.any_waiting = any(row.state == "waiting" and row.number for row in rows)
        return {row.state: (int(row.number), float(row.age or 0)) for row in rows}


async def lock_keys(db: AsyncSession, keys: Keys) -> None:
    """Until the transaction ends nobody else sets one of these keys aside, or takes one up."""
    if keys:
        await db.execute(LOCK_KEYS, _columns_of(keys))


async def let_next_come(db: AsyncSession, keys: Keys) -> None:
    """What stood before the first of each key is gone: it is due."""
    if keys:
        await db.execute(_LET_NEXT_COME, _columns_of(keys))


async def make_due(db: AsyncSession, topic: str, key: str) -> None:
    """All that is set aside of one key is due: the cause is mended."""
    await db.execute(_TRY_KEY, {"topic": topic, "key": key})


def _keys(parked: Sequence[Parked]) -> Keys:
    return {(each.message.topic, each.message.key) for each in parked}


def _columns_of(keys: Keys) -> dict[str, list[str]]:
    ordered = sorted(keys)
    return {"topics": [topic for topic, _ in ordered], "keys": [key for _, key in ordered]}


def _columns(rests: Sequence[Rest], release: str) -> dict[str, list[Any]]:
    return {
        "ids": [each.parked.id for each in rests],
        "states": [each.aside.state for each in rests],
        "reasons": [each.aside.reason for each in rests],
        "needs": [each.aside.needs for each in rests],
        "holds": [each.aside.holds for each in rests],
        "releases": [release] * len(rests),
        "attempts": [each.attempts for each in rests],
        "claimed_until": [each.parked.claimed_until for each in rests],
        "rests": [each.seconds for each in rests],
    }


def _parked(row: Any) -> Parked:
    message = RawMessage(row.topic, row.partition, row.position, row.key, row.headers, row.payload)
    return Parked(row.id, row.consumer, message, row.reason, row.needs, row.attempts, row.try_at)
