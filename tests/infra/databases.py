"""One migrated template database per service and run, cloned for each test that asks."""

import asyncio
import os
import sys
import uuid

import asyncpg

from shared.persistence.provision import (
    ServiceDatabase,
    provision,
    role_names,
    service_database,
    with_database,
)
from tests.infra import engines
from wex.environment import Addresses, service_environment
from wex.folders import Folders
from wex.local_secrets import new_secrets


async def template(admin_url: str, service: str) -> str:
    """The name of the service's template, migrated by the first test of the run that needs it."""

    async def make() -> str:
        name = f"template_{service}_{uuid.uuid4().hex[:8]}"
        database = await provision(admin_url, service, name)
        await _migrate(service, admin_url, database)
        return name

    return await engines.once(f"template-{service}", make)


async def _migrate(service: str, admin_url: str, database: ServiceDatabase) -> None:
    folders = Folders(engines.run_folder())
    environment = service_environment(
        service,
        port=0,
        environment="test",
        addresses=Addresses(admin_url, "127.0.0.1:1", "http://127.0.0.1:1", "", {}),
        database=database,
        secrets=new_secrets(),
        clock=folders.clock,
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", service, "migrate"),
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, f"{service}: migrations failed\n{output.decode(errors='replace')}"


async def clone(admin_url: str, service: str) -> ServiceDatabase:
    """A fresh database of the service."""
    source = await template(admin_url, service)
    name = f"test_{service}_{uuid.uuid4().hex[:12]}"
    owner, app, relay = role_names(service)
    connection = await asyncpg.connect(admin_url, timeout=60)
    try:
        await connection.execute(
            f'create database "{name}" template "{source}" strategy file_copy owner "{owner}"'
        )
        # A clone does not take over what its template allows whom.
        await connection.execute(f'revoke all on database "{name}" from public')
        await connection.execute(f'grant connect on database "{name}" to "{app}", "{relay}"')
    finally:
        await connection.close()
    return service_database(admin_url, service, name)


async def drop(admin_url: str, name: str) -> None:
    """Drop a database, ending the connections that a test has left open."""
    connection = await asyncpg.connect(with_database(admin_url, "postgres"), timeout=60)
    try:
        await connection.execute(f'drop database if exists "{name}" with (force)')
    finally:
        await connection.close()
