"""PostgreSQL and Kafka on a port where another's server answers already: not taken for our own."""

from pathlib import Path

import pytest

from wex.folders import cache
from wex.kafka import Kafka, cluster_id
from wex.ports import free_port
from wex.postgres import Postgres
from wex.postgres_folders import remove_data
from wex.processes import PortTakenError, start, until_ready


def port_of(address: str) -> int:
    """The port in `...host:port` or `...host:port/name`."""
    return int(address.rpartition(":")[2].partition("/")[0])


async def test_another_platforms_broker_is_not_ours(tmp_path: Path, kafka_bootstrap: str) -> None:
    theirs = port_of(kafka_bootstrap)
    ours = Kafka(tmp_path / "kafka", tmp_path / "kafka.log", cache(), theirs, free_port())
    ours.prepare(lambda *_: None)
    assert await cluster_id(ours.bootstrap)
    assert not await ours.is_ready()

    child = start(ours.command(), tmp_path / "run")
    with pytest.raises(PortTakenError, match="kafka ended"):
        await until_ready(child, ours.is_ready, within=100)
    await child.stop()


async def test_another_platforms_database_server_is_not_ours(tmp_path: Path, postgres_admin_url: str) -> None:
    theirs = port_of(postgres_admin_url)
    ours = Postgres(tmp_path / "postgres", tmp_path / "postgres.log", theirs)
    ours.prepare()
    assert not await ours.is_ready()

    child = start(ours.command(), tmp_path / "run")
    with pytest.raises(PortTakenError, match="postgres ended"):
        await until_ready(child, ours.is_ready, within=100)
    await child.stop()
    remove_data(ours.data)
