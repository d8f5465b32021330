"""The two engines this machine runs itself, unless an address in the environment names others."""

import os
from dataclasses import dataclass

from wex.environment import Addresses
from wex.folders import Folders, cache
from wex.kafka import Kafka
from wex.postgres import Postgres


@dataclass(frozen=True)
class Engines:
    """The engines to run here; none where WEX_POSTGRES_URL or WEX_KAFKA_BOOTSTRAP is given."""

    postgres: Postgres | None = None
    kafka: Kafka | None = None

    @property
    def names(self) -> list[str]:
        """Those to run here."""
        return [name for name in ("postgres", "kafka") if self.get(name)]

    def get(self, name: str) -> Postgres | Kafka | None:
        """The engine of this name, if one is to run here."""
        return {"postgres": self.postgres, "kafka": self.kafka}.get(name)

    def addresses(self, ports: dict[str, int]) -> Addresses:
        """Where the engines, here or elsewhere, and all processes on these ports are reached."""
        return Addresses(
            postgres=self.postgres.url if self.postgres else os.environ["WEX_POSTGRES_URL"],
            kafka=self.kafka.bootstrap if self.kafka else os.environ["WEX_KAFKA_BOOTSTRAP"],
            issuer=f"http://127.0.0.1:{ports['issuer']}",
            traces=f"http://127.0.0.1:{ports['traces']}",
            ports=ports,
        )


def local_engines(folders: Folders, ports: dict[str, int], *, durable: bool) -> Engines:
    """The engines on these ports, their data and logs in these folders."""
    postgres, kafka = None, None
    if not os.environ.get("WEX_POSTGRES_URL"):
        postgres = Postgres(folders.data / "postgres", folders.log("postgres"), ports["postgres"], durable)
    if not os.environ.get("WEX_KAFKA_BOOTSTRAP"):
        listens_on = ports["kafka"], ports["kafka-controller"]
        kafka = Kafka(folders.data / "kafka", folders.log("kafka"), cache(), *listens_on)
    return Engines(postgres, kafka)
