"""Row-level security by itself: what the app role may write when the service's own checks are gone."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.infra.running import Running
from tests.opportunities.scenario import publish, register_provider


async def test_a_stranger_changes_nothing(idle_service: Running) -> None:
    provider, _, caller = await register_provider(idle_service)
    await publish(caller)

    for statement in (
        "update organisations set name = 'Taken over'",
        "update opportunities set state = 'withdrawn', reason_code = 'mine-now'",
        "update sessions set state = 'cancelled'",
    ):
        assert await _as_tenant(idle_service, uuid4(), statement) == "UPDATE 0"
        assert await _as_tenant(idle_service, None, statement) == "UPDATE 0"
        assert await _as_tenant(idle_service, provider, statement) == "UPDATE 1"


async def test_a_stranger_puts_nothing_in_anothers_name(idle_service: Running) -> None:
    provider, site, _ = await register_provider(idle_service)
    copy = f"""
        insert into sites (site_id, organisation_id, registered_by, name, postcode, local_authority_code,
                           easting, northing)
        select '{uuid4()}', organisation_id, registered_by, 'Annexe', postcode, local_authority_code,
               easting, northing
        from sites where site_id = '{site}'
        """

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _as_tenant(idle_service, uuid4(), copy)
    assert await _as_tenant(idle_service, provider, copy) == "INSERT 0 1"


async def test_an_area_never_has_two_hubs(idle_service: Running) -> None:
    def hub(identifier: UUID) -> str:
        return f"""
            insert into organisations (organisation_id, kind, name, registered_by, area_code, open, version)
            values ('{identifier}', 'hub', 'Hub', '{identifier}', 'liverpool-city-region', true, 1)
            """

    one, two = uuid4(), uuid4()
    await _as_tenant(idle_service, one, hub(one))

    with pytest.raises(asyncpg.UniqueViolationError):
        await _as_tenant(idle_service, two, hub(two))


async def _as_tenant(service: Running, tenant: UUID | None, statement: str) -> str:
    connection = await asyncpg.connect(service.database.app_url)
    try:
        async with connection.transaction():
            await connection.execute(
                "select set_config('app.tenants', $1, true)", str(tenant) if tenant else ""
            )
            return str(await connection.execute(statement))
    finally:
        await connection.close()
