"""`python -m shared.setup`, as compose runs it, against a real server and a real broker."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient

from shared import setup
from shared.persistence.provision import role_names, with_database

ROLES = ("OWNER", "APP", "RELAY")


@dataclass
class Fresh:
    """A service that no other test knows, to be provisioned on the test server."""

    name: str
    admin_url: str
    environment: pytest.MonkeyPatch

    async def provision(self, secret: str) -> None:
        self.environment.setenv("WEX_ADMIN_DATABASE_URL", self.admin_url)
        for role in ROLES:
            self.environment.setenv(f"WEX_{self.name.upper()}_{role}_PASSWORD", f"{secret} '{role}")
        await asyncio.to_thread(setup.main, ["databases", self.name])

    async def secrets(self) -> dict[str, str]:
        admin = await asyncpg.connect(self.admin_url)
        try:
            rows = await admin.fetch(
                "select rolname, rolpassword from pg_authid where rolname = any($1)",
                list(role_names(self.name)),
            )
        finally:
            await admin.close()
        return {row["rolname"]: row["rolpassword"] for row in rows}


@pytest_asyncio.fixture
async def fresh(postgres_admin_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Fresh]:
    name = f"x{uuid.uuid4().hex[:8]}"
    yield Fresh(name, postgres_admin_url, monkeypatch)
    admin = await asyncpg.connect(with_database(postgres_admin_url, "postgres"))
    await admin.execute(f'drop database if exists "wex_{name}" with (force)')
    for role in role_names(name):
        await admin.execute(f'drop role if exists "{role}"')
    await admin.close()


async def test_databases_makes_three_roles_of_which_only_the_owner_owns(fresh: Fresh) -> None:
    await fresh.provision("first")
    owner, app, relay = role_names(fresh.name)
    admin = await asyncpg.connect(fresh.admin_url)
    try:
        owns = await admin.fetchval(
            "select rolname from pg_database join pg_roles r on r.oid = datdba where datname = $1",
            f"wex_{fresh.name}",
        )
        mighty = await admin.fetchval(
            "select count(*) from pg_roles where rolname = any($1)"
            " and (rolsuper or rolbypassrls or rolcreatedb or rolcreaterole)",
            [owner, app, relay],
        )
    finally:
        await admin.close()
    assert owns == owner
    assert mighty == 0


async def test_each_role_has_a_password_of_its_own_and_a_second_run_changes_it(fresh: Fresh) -> None:
    await fresh.provision("first")
    before = await fresh.secrets()
    await fresh.provision("second")
    after = await fresh.secrets()
    assert len(set(before.values())) == 3
    assert not set(before.values()) & set(after.values())


async def test_a_missing_password_ends_it_before_anything_is_made(
    fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEX_ADMIN_DATABASE_URL", fresh.admin_url)
    with pytest.raises(SystemExit, match="OWNER_PASSWORD is not set"):
        await asyncio.to_thread(setup.main, ["databases", fresh.name])
    assert await fresh.secrets() == {}


async def test_topics_makes_the_topics_of_the_file_and_does_no_harm_when_run_again(
    kafka_bootstrap: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = f"setup{uuid.uuid4().hex[:8]}.events"
    file = tmp_path / "topics.yaml"
    file.write_text(f"topics:\n  - {{name: {topic}, partitions: 2, compacted: true}}\n")
    monkeypatch.setenv("WEX_KAFKA_BOOTSTRAP", kafka_bootstrap)
    for _ in range(2):
        await asyncio.to_thread(setup.main, ["topics", "--file", str(file)])
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        assert topic in await admin.list_topics()
    finally:
        await admin.delete_topics([topic])
        await admin.close()
