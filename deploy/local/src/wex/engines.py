"""The two engines this machine runs itself, unless an address in the environment names others."""

import os

from wex.folders import Folders, cache
from wex.kafka import Kafka
from wex.postgres import Postgres


def local_postgres(folders: Folders, ports: dict[str, int], *, durable: bool) -> Postgres | None:
    """The PostgreSQL server to run here; none where WEX_POSTGRES_URL is given."""
    if os.environ.get("WEX_POSTGRES_URL"):
        return None
    return Postgres(folders.data / "postgres", folders.logs / "postgres.log", ports["postgres"], durable)


def local_kafka(folders: Folders, ports: dict[str, int]) -> Kafka | None:
    """The Kafka node to run here; none where WEX_KAFKA_BOOTSTRAP is given."""
    if os.environ.get("WEX_KAFKA_BOOTSTRAP"):
        return None
    log = folders.logs / "kafka.log"
    return Kafka(folders.data / "kafka", log, cache(), ports["kafka"], ports["kafka-controller"])
