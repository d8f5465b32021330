"""Employers that an earlier release put on the register twice."""

import asyncio
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.persistence.migrations import upgrade
from shared.persistence.provision import provision, with_database
from tests.infra.databases import drop
from wex.folders import REPOSITORY

MIGRATIONS = REPOSITORY / "services" / "opportunities" / "migrations"


@pytest.mark.engine
async def test_of_an_employer_that_is_there_twice_the_oldest_has_the_reference(
    postgres_admin_url: str,
) -> None:
    name = f"test_opportunities_{uuid4().hex[:12]}"
    database = await provision(postgres_admin_url, "opportunities", name)
    try:
        await asyncio.to_thread(upgrade, database.owner_url, MIGRATIONS, "0005")
        register = await asyncpg.connect(with_database(postgres_admin_url, name), timeout=60)
        try:
            rows: list[tuple[str, str | None, bool]] = [
                ("provider", "01 234", True),
                ("provider", "1234", True),
                ("provider", "1234", False),
                ("trust", "1234", True),
                ("provider", None, True),
            ]
            await register.executemany(
                """
                insert into organisations
                  (organisation_id, kind, name, registered_by, reference, open, version)
                values ($1, $2, 'Example', $1, $3, $4, 1)
                """,
                [(UUID(int=number + 1), *row) for number, row in enumerate(rows)],
            )
            await asyncio.to_thread(upgrade, database.owner_url, MIGRATIONS, "0006")
            claimed = await register.fetch(
                "select claimed_reference from organisations order by organisation_id"
            )
        finally:
            await register.close()
    finally:
        await drop(postgres_admin_url, name)

    assert [row["claimed_reference"] for row in claimed] == ["1234", None, None, None, None]
