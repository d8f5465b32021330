"""How far each subscription has been served, partition by partition.

A commit to Kafka names the subscriptions that had everything up to its offset. For the others a row says
where they stand, and whether they were behind live reading then: from that a restored database tells whom a
commit made since may go on naming.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from shared.messaging.policy import Subscription
from shared.persistence.database import Database

MAX_COMMITTED_NAMES = 4_000  # bytes; the broker takes 4,096 with a commit

_STORED = text("select subscription, partition, position, behind from subscription_positions")
_KEEP = text(
    """
    insert into subscription_positions (subscription, partition, position, behind)
    select name, :partition, position, :behind
    from unnest(cast(:names as text[]), cast(:positions as bigint[])) as n(name, position)
    on conflict (subscription, partition) do update
    set position = excluded.position, behind = excluded.behind, noted_at = clock_timestamp()
    """
)


def name_of(subscription: Subscription[Any]) -> str:
    """What a subscription's progress is kept under: its id and its type, since one id may have many types."""
    return f"{subscription.id}:{subscription.contract.type}"


def to_metadata(names: Collection[str]) -> str:
    """The names as a commit carries them. Raises `ValueError` for more than the broker would take."""
    metadata = " ".join(sorted(names))
    if len(metadata) > MAX_COMMITTED_NAMES:
        raise ValueError("too many subscriptions on one topic to name them in a commit")
    return metadata


@dataclass(frozen=True, slots=True)
class Position:
    """Where a subscription stood when it was noted, and whether others had heard more."""

    at: int
    behind: bool


async def stored(database: Database) -> dict[int, dict[str, Position]]:
    """Where subscriptions stand that have a row: by partition, then by name, whose type tells the topic."""
    found: dict[int, dict[str, Position]] = {}
    async with database.session() as session:
        for row in await session.execute(_STORED):
            found.setdefault(row.partition, {})[row.subscription] = Position(row.position, row.behind)
    return found


async def keep(database: Database, partition: int, positions: Mapping[str, int], *, behind: bool) -> None:
    """Note where subscriptions stand in a partition of their topic."""
    if not positions:
        return
    async with database.session() as session:
        names, at = list(positions), list(positions.values())
        values = {"partition": partition, "names": names, "positions": at, "behind": behind}
        await session.execute(_KEEP, values)
        await session.commit()
