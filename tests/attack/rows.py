"""Row-level security under pressure: transactions of many tenants, broken midway, on one connection."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

from asyncpg import PostgresError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.bus.command_bus import CommandBus
from shared.bus.inbox import Message
from shared.bus.transaction import Transaction
from shared.bus.wake import Waker
from shared.kernel import Invalid, OffsetClock, new_id
from shared.persistence.database import Database, is_transient
from shared.persistence.reading import reading
from tests.attack.findings import Attack

TENANTS = 6
TASKS = 4
_SEEN = text("select institution_id, count(*) from cohorts group by institution_id")
_WRITE = text("insert into cohorts values (:tenant, :id, 'Group of the attack', now())")
_TOUCH = text("update cohorts set label = label || '' returning institution_id")
_FAIL = text("select 1 / 0")
_WAIT = text("select pg_sleep(0.05)")


class Midway(Exception):  # noqa: N818 - what goes wrong in the middle of a transaction
    """Something that nobody foresaw."""


class Mixture:
    """Draws transactions for several tenants and counts every row that is another's."""

    def __init__(self, database: Database, attack: Attack, draw: random.Random) -> None:
        self._database, self._attack, self._draw = database, attack, draw
        self._bus = CommandBus[Transaction](
            database, lambda transaction: transaction, OffsetClock(), Waker(database), source="/attack"
        )
        self.tenants = [new_id() for _ in range(TENANTS)]
        self.kept = Counter[UUID]()
        self.kinds = Counter[str]()
        # A committed write is seen by reads that began before it was counted: so each is a range.
        # One whose connection was cut at its commit stays in it.
        self._under_way = Counter[UUID]()

    async def one(self) -> None:
        """One transaction of a kind and a tenant as drawn."""
        tenant, foreign = self._draw.sample(self.tenants, 2)
        kinds: list[tuple[int, Callable[[UUID, UUID], Coroutine[Any, Any, None]]]] = [
            (40, self._read), (15, self._read_and_fail), (10, self._read_and_break),
            (1, self._read_and_cancel), (8, self._read_without_tenant), (10, self._write),
            (8, self._write_and_fail),
            (5, self._write_for_another), (3, self._touch_everything),
        ]  # fmt: skip
        weights, choices = zip(*kinds, strict=True)
        (kind,) = self._draw.choices(choices, weights)
        self.kinds[kind.__name__] += 1
        try:
            await kind(tenant, foreign)
        except Exception as error:
            # Somebody cuts the connection: what was under way may have happened, and stays so.
            if not is_transient(error):
                raise

    async def look(self, tenant: UUID) -> None:
        """Read as a tenant: its own rows, as many as it has written, and no others."""
        async with reading(self._database, [tenant]) as session:
            await self._check(tenant, session)

    async def look_again(self, tenant: UUID) -> None:
        """The same, until no connection is cut meanwhile."""
        while True:
            try:
                return await self.look(tenant)
            except Exception as error:
                if not is_transient(error):
                    raise

    async def _check(self, tenant: UUID, session: Any) -> None:
        least = self.kept[tenant]
        seen = {row[0]: row[1] for row in (await session.execute(_SEEN)).all()}
        most = self.kept[tenant] + self._under_way[tenant]
        own = seen.pop(tenant, 0)
        self._attack.expect(not seen, f"{sum(seen.values())} foreign rows read")
        if not least <= own <= most:
            self._attack.broken.append(f"{own} own rows read, {least} to {most} are there")

    async def _read(self, tenant: UUID, _: UUID) -> None:
        await self.look(tenant)

    async def _read_and_fail(self, tenant: UUID, _: UUID) -> None:
        with contextlib.suppress(Midway):
            async with reading(self._database, [tenant]) as session:
                await self._check(tenant, session)
                raise Midway

    async def _read_and_break(self, tenant: UUID, _: UUID) -> None:
        with contextlib.suppress(DBAPIError, PostgresError):
            async with reading(self._database, [tenant]) as session:
                await self._check(tenant, session)
                await session.execute(_FAIL)

    async def _read_and_cancel(self, tenant: UUID, _: UUID) -> None:
        async def read() -> None:
            async with reading(self._database, [tenant]) as session:
                await self._check(tenant, session)
                await session.execute(_WAIT)

        task = asyncio.create_task(read())
        await asyncio.sleep(self._draw.uniform(0, 0.02))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _read_without_tenant(self, _: UUID, __: UUID) -> None:
        async with self._database.session() as session:
            seen = (await session.execute(_SEEN)).all()
        self._attack.expect(not seen, f"{len(seen)} tenants' rows read by nobody")

    async def _write(self, tenant: UUID, _: UUID) -> None:
        self._under_way[tenant] += 1
        await self._execute(tenant, _insert(tenant))
        self.kept[tenant] += 1
        self._under_way[tenant] -= 1
        self._attack.tried += 1

    async def _write_and_fail(self, tenant: UUID, _: UUID) -> None:
        error = self._draw.choice([Midway, Invalid])
        with contextlib.suppress(Midway, Invalid):
            await self._execute(tenant, _insert(tenant, error))
        self._attack.tried += 1

    async def _write_for_another(self, tenant: UUID, foreign: UUID) -> None:
        try:
            await self._execute(tenant, _insert(foreign))
        except (DBAPIError, PostgresError) as error:
            if is_transient(error):
                raise
            self._attack.expect("row-level security" in str(error), f"refused with {error}")
        else:
            self._attack.expect(holds=False, told="a row was written for another tenant")

    async def _touch_everything(self, tenant: UUID, _: UUID) -> None:
        touched = set[UUID]()

        async def touch(_: None, uow: Transaction) -> None:
            touched.update((await uow.db.execute(_TOUCH)).scalars())

        await self._execute(tenant, touch)
        self._attack.expect(touched <= {tenant}, f"rows of {len(touched)} tenants changed at once")

    async def _execute(self, tenant: UUID, handler: Any) -> None:
        message = Message("attack", str(new_id()), frozenset({tenant}))
        await self._bus.execute(message, handler, None)


def _insert(tenant: UUID, error: type[Exception] | None = None) -> Any:
    async def insert(_: None, uow: Transaction) -> None:
        await uow.db.execute(_WRITE, {"tenant": tenant, "id": new_id()})
        if error:
            raise error

    return insert


async def attack_rows(url: str, transactions: int, seed: int) -> Attack:
    """That many transactions on a pool of one connection: no row of another, none lost, none kept.

    `url` is that of the database of `bookings`, as its app role.
    """
    attack = Attack("mixed tenants", "transactions of 6 tenants on one connection, a third broken midway")
    draw = random.Random(seed)
    database = Database(url, name="attack", size=1)
    mixture = Mixture(database, attack, draw)
    left = iter(range(transactions))

    async def work() -> None:
        for _ in left:
            await mixture.one()

    try:
        await asyncio.gather(*(work() for _ in range(TASKS)))
        attack.tried = sum(mixture.kinds.values())
        for tenant in mixture.tenants:
            await mixture.look_again(tenant)
    finally:
        await database.close()
    return attack.over()
