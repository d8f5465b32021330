"""The engines in containers, for machines with a Docker engine; the run's controller removes them."""

import os
from pathlib import Path
from typing import Any

import yaml

from wex.folders import REPOSITORY
from wex.ports import free_port

_LIST = "containers"


def are_possible() -> bool:
    """Whether a Docker engine answers."""
    if not Path("/var/run/docker.sock").exists() and "DOCKER_HOST" not in os.environ:
        return False
    import docker  # type: ignore[import-untyped]
    from docker.errors import DockerException  # type: ignore[import-untyped]

    try:
        docker.from_env(timeout=3).ping()
    except DockerException:
        return False
    return True


def start_postgres(run: Path) -> str:
    """The address of a new PostgreSQL server, as its superuser."""
    _without_reaper()
    from testcontainers.community.postgres import PostgresContainer

    image = _composed("postgres")["image"]
    container = PostgresContainer(image, username="postgres", dbname="postgres", driver=None)
    container.with_command("postgres -c max_connections=600 -c fsync=off -c synchronous_commit=off")
    container.start()
    _remember(run, container.get_wrapped_container().id)
    return str(container.get_connection_url())


def start_kafka(run: Path) -> str:
    """The address of a new Kafka broker in KRaft mode, which may not answer yet."""
    _without_reaper()
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.docker_client import DockerClient

    composed = _composed("kafka")
    # Clients are told the address that is known only here: of this engine's host, and a port chosen before.
    address = f"{DockerClient().host()}:{(port := free_port())}"
    container = DockerContainer(composed["image"]).with_bind_ports(9092, port)
    settings = {
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{address}",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    }
    for name, value in (composed["environment"] | settings).items():
        container.with_env(name, value)
    container.start()
    _remember(run, container.get_wrapped_container().id)
    return address


def remove_all(run: Path) -> None:
    """Remove the containers of a run."""
    if not (run / _LIST).exists():
        return
    import docker
    from docker.errors import NotFound

    engine = docker.from_env()
    for identifier in (run / _LIST).read_text().split():
        try:
            engine.containers.get(identifier).remove(force=True, v=True)
        except NotFound:
            continue


def _composed(name: str) -> dict[str, Any]:
    """The service as docker-compose.yml has it: the same image, at the same version."""
    found: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"][name]
    return found


def _without_reaper() -> None:
    # Its reaper would end a container with the worker that started it, while others still use it.
    os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"


def _remember(run: Path, identifier: str) -> None:
    with (run / _LIST).open("a") as out:
        out.write(f"{identifier}\n")
