"""Topics of a test's own, and their removal."""

import contextlib

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.messaging.topics import load_topics


async def remove_topics(bootstrap: str, prefix: str) -> None:
    """Delete the topics made under a prefix: a broker slows down with thousands of partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=60_000)
    await admin.start()
    try:
        with contextlib.suppress(KafkaError):
            await admin.delete_topics([prefix + topic.name for topic in load_topics()])
    finally:
        await admin.close()
