"""Parked messages for operators to look at, have tried again and discard."""

import asyncpg

from shared.persistence.provision import with_database
from wex.platform import Platform

# No subscription has this name: a worker that takes it up sets it aside again.
_PARK = """
    insert into parked_messages (consumer, topic, partition, position, key, headers, payload, reason, state)
    values ('nobody', 'attack.events', 0, $1, gen_random_uuid()::text,
            jsonb_build_object('ce_id', gen_random_uuid()::text), '{}', 'of the attack', 'failed')
    returning id
"""


async def parked_in(platform: Platform, service: str) -> tuple[str, str]:
    """The numbers of two messages that are set aside from now on."""
    url = with_database(platform.addresses.postgres, platform.database(service).name)
    connection = await asyncpg.connect(url, timeout=60)
    try:
        first, second = [str(await connection.fetchval(_PARK, position)) for position in (1, 2)]
    finally:
        await connection.close()
    return first, second
