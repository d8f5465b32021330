"""The relay's ceiling: a process that does nothing but aiokafka's `send()` of messages it has ready.

It runs on uvloop, as the services do. Prints the seconds to the last acknowledgement.
"""

import argparse
import asyncio
import sys
import time

import uvloop
from aiokafka import AIOKafkaProducer

from shared.contracts.envelope import to_headers
from shared.messaging.kafka import header_pairs
from tests.benchmarks.messages import events


async def main(bootstrap: str, topic: str, count: int, *, traced: bool) -> float:
    """Send everything, then wait for every acknowledgement; seconds it took."""
    messages = [
        {
            "value": event.data.model_dump_json().encode(),
            "key": event.data.key.encode(),
            "headers": header_pairs(to_headers(event).items()),
        }
        for event in events(count, traced=traced)
    ]
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5)
    await producer.start()
    try:
        await producer.partitions_for(topic)
        began = time.perf_counter()
        sent = [await producer.send(topic, **message) for message in messages]
        await asyncio.gather(*sent)
        return time.perf_counter() - began
    finally:
        await producer.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--topic", required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--traced", action="store_true")
    given = parser.parse_args()
    sys.stdout.write(str(uvloop.run(main(given.bootstrap, given.topic, given.count, traced=given.traced))))
