"""The engines this machine runs itself, unless addresses in the environment name others."""

import os
import uuid
from dataclasses import dataclass

from wex.environment import Addresses
from wex.folders import Folders, cache
from wex.kafka import Kafka
from wex.ports import SERVICES
from wex.postgres import Postgres
from wex.shape import Shape


@dataclass(frozen=True)
class Engines:
    """The engines to run here; none where WEX_POSTGRES_URL or WEX_KAFKA_BOOTSTRAP is given."""

    postgres: tuple[Postgres, ...] = ()  # the one that starts with the platform, and a place for its standby
    kafka: tuple[Kafka, ...] = ()
    clusters: tuple[Postgres, ...] = ()  # one for each service, in place of the one for all

    @property
    def first(self) -> tuple[Postgres, ...]:
        """The database servers that start with the platform."""
        return self.clusters or self.postgres[:1]

    @property
    def names(self) -> list[str]:
        """Those that start with the platform."""
        return [server.name for server in self.first] + [node.name for node in self.kafka]

    def get(self, name: str) -> Postgres | Kafka | None:
        """The engine of this name, if one is to run here."""
        here: list[Postgres | Kafka] = [*self.postgres, *self.clusters, *self.kafka]
        return next((engine for engine in here if engine.name == name), None)

    def addresses(self, ports: dict[str, int]) -> Addresses:
        """Where the engines, here or elsewhere, and all processes on these ports are reached."""
        servers = ",".join(f"127.0.0.1:{server.port}" for server in self.postgres)
        brokers = ",".join(node.bootstrap for node in self.kafka)
        together = f"postgresql://postgres@{servers}/postgres"
        return Addresses(
            postgres=together if servers else os.environ.get("WEX_POSTGRES_URL", ""),
            kafka=brokers or os.environ["WEX_KAFKA_BOOTSTRAP"],
            issuer=f"http://127.0.0.1:{ports['issuer']}",
            traces=f"http://127.0.0.1:{ports['traces']}",
            ports=ports,
            clusters={service: server.url for service, server in zip(SERVICES, self.clusters, strict=False)},
        )


def local_engines(folders: Folders, ports: dict[str, int], shape: Shape, *, durable: bool) -> Engines:
    """The engines on these ports, their data and logs in these folders."""
    quorum = tuple(ports[f"{name}-controller"] for name in shape.nodes) if shape.brokers > 1 else ()
    cluster = uuid.uuid5(uuid.NAMESPACE_URL, str(folders.data)) if quorum else None
    link = (ports["kafka-link"], ports["kafka-linked"]) if shape.linked else None

    def server(name: str) -> Postgres:
        archive = folders.data / f"{name}-archive" if shape.clusters else None
        return Postgres(folders.data / name, folders.log(name), ports[name], durable, name, archive)

    def node(name: str) -> Kafka:
        listens_on = ports[name], ports[f"{name}-controller"]
        kept = folders.data / name, folders.log(name), cache()
        return Kafka(*kept, *listens_on, name, quorum, cluster, link)

    servers = tuple(map(server, shape.databases))
    return Engines(
        () if shape.clusters or os.environ.get("WEX_POSTGRES_URL") else servers,
        () if os.environ.get("WEX_KAFKA_BOOTSTRAP") else tuple(map(node, shape.nodes)),
        servers if shape.clusters else (),
    )
