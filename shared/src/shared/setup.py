"""Makes what services stand on where it is missing: `python -m shared.setup databases | topics`."""

import argparse
import asyncio
import os
from pathlib import Path

from shared.messaging.topics import TOPICS_FILE, TopicsDifferError, apply_topics
from shared.persistence.provision import Passwords, provision


def main(arguments: list[str] | None = None) -> None:
    """Run one of the two steps and say what is there now; each may be run again at any time.

    `databases` reads WEX_ADMIN_DATABASE_URL and, for a service called x, WEX_X_OWNER_PASSWORD,
    WEX_X_APP_PASSWORD and WEX_X_RELAY_PASSWORD; `topics` reads WEX_KAFKA_BOOTSTRAP.
    """
    parser = argparse.ArgumentParser(prog="python -m shared.setup", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    databases = steps.add_parser("databases", help="a database and its three roles for each service")
    databases.add_argument("services", nargs="+", metavar="service")
    topics = steps.add_parser("topics", help="every topic of the topics file")
    topics.add_argument("--file", type=Path, default=TOPICS_FILE)
    topics.add_argument("--replication", type=int, default=1, help="copies of each topic (default: 1)")
    given = parser.parse_args(arguments)
    made = _databases(given.services) if given.step == "databases" else _topics(given.file, given.replication)
    for name in asyncio.run(made):
        print(name)  # noqa: T201 - the command's answer


async def _databases(services: list[str]) -> list[str]:
    admin_url = _needed("WEX_ADMIN_DATABASE_URL")
    passwords = [_passwords(service) for service in services]
    return [
        (await provision(admin_url, service, passwords=given)).name
        for service, given in zip(services, passwords, strict=True)
    ]


async def _topics(file: Path, replication: int) -> list[str]:
    try:
        return await apply_topics(_needed("WEX_KAFKA_BOOTSTRAP"), replication=replication, path=file)
    except TopicsDifferError as error:
        raise SystemExit("\n".join(error.differences)) from None


def _passwords(service: str) -> Passwords:
    owner, app, relay = (
        _needed(f"WEX_{service.upper()}_{role}_PASSWORD") for role in ("OWNER", "APP", "RELAY")
    )
    return owner, app, relay


def _needed(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        raise SystemExit(f"{variable} is not set")
    return value


if __name__ == "__main__":
    main()
