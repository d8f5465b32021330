"""Makes a service's database and its three roles: owner (migrates), app (serves), relay (publishes)."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

Passwords = tuple[str, str, str]
"""Of the owner, the app and the relay role."""


@dataclass(frozen=True, slots=True)
class ServiceDatabase:
    """Where a service's data lives, and as whom it connects."""

    name: str
    owner_url: str
    app_url: str
    relay_url: str


def role_names(service: str) -> tuple[str, str, str]:
    """The service's owner, app and relay roles."""
    return f"wex_{service}_owner", f"wex_{service}_app", f"wex_{service}_relay"


async def provision(
    admin_url: str, service: str, database: str | None = None, *, passwords: Passwords | None = None
) -> ServiceDatabase:
    """Make the service's roles and its empty database where they are missing.

    Neither app nor relay owns anything or may pass row-level security by.
    Given passwords are set anew each time, so that they can be changed; without them each
    role's name is its password, which only a stack bound to one machine may do.
    """
    name = database or f"wex_{service}"
    roles = role_names(service)
    connection = await asyncpg.connect(admin_url, timeout=10)
    try:
        await _make_roles(connection, service, roles, passwords)
        if not await connection.fetchval("select 1 from pg_database where datname = $1", name):
            await connection.execute(f'create database "{name}" owner "{roles[0]}"')
        await connection.execute(f'revoke all on database "{name}" from public')
        await connection.execute(f'grant connect on database "{name}" to "{roles[1]}", "{roles[2]}"')
    finally:
        await connection.close()
    owned = await asyncpg.connect(with_database(admin_url, name), timeout=10)
    try:
        await owned.execute(f'alter schema public owner to "{roles[0]}"')
        await owned.execute("revoke all on schema public from public")
        await owned.execute(f'grant usage on schema public to "{roles[1]}", "{roles[2]}"')
    finally:
        await owned.close()
    return service_database(admin_url, service, name, passwords=passwords)


def service_database(
    admin_url: str, service: str, name: str, *, passwords: Passwords | None = None
) -> ServiceDatabase:
    """The addresses of a database that was provisioned before."""
    roles = role_names(service)
    owner, app, relay = (
        _as_role(admin_url, role, password, name)
        for role, password in zip(roles, passwords or roles, strict=True)
    )
    return ServiceDatabase(name, owner, app, relay)


def with_database(url: str, name: str) -> str:
    """The same server and user, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def _make_roles(
    connection: "asyncpg.Connection[asyncpg.Record]",
    service: str,
    roles: tuple[str, str, str],
    passwords: Passwords | None,
) -> None:
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtext($1))", f"provision:{service}")
        for role, password in zip(roles, passwords or roles, strict=True):
            known = await connection.fetchval("select 1 from pg_roles where rolname = $1", role)
            if not known:
                await connection.execute(f'create role "{role}" login nosuperuser nobypassrls nocreatedb')
            if passwords or not known:
                secret = password.replace("'", "''")
                await connection.execute(f"alter role \"{role}\" password '{secret}'")


def _as_role(url: str, role: str, password: str, database: str) -> str:
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2] or "127.0.0.1"  # one, or several with a comma between
    netloc = f"{role}:{quote(password, safe='')}@{hosts}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}"))
