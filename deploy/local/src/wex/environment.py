"""The environment each process of the platform is given."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from shared.persistence.provision import ServiceDatabase
from wex.files import write_whole
from wex.folders import Folders


@dataclass(frozen=True)
class Addresses:
    """Where everything is reached, as kept in `platform.json` for the other commands.

    `clusters`: the database server of each service, where each has its own.
    """

    postgres: str
    kafka: str
    issuer: str
    traces: str
    ports: dict[str, int]
    clusters: dict[str, str] = field(default_factory=dict)

    def server(self, service: str) -> str:
        """The database server with a service's data, as its superuser."""
        return self.clusters.get(service, self.postgres)

    def api(self, service: str) -> str:
        """The base address of a service's HTTP interface."""
        return f"http://127.0.0.1:{self.ports[f'{service}-api']}"

    def write(self, folders: Folders) -> None:
        """Keep the addresses for the other commands and for people who look."""
        write_whole(folders.state / "platform.json", json.dumps(vars(self), indent=2) + "\n")


def read_addresses(folders: Folders) -> Addresses | None:
    """The addresses of the platform that was started last with this state folder."""
    file = folders.state / "platform.json"
    return Addresses(**json.loads(file.read_text())) if file.exists() else None


def edge_environment(addresses: Addresses, folders: Folders, environment: str) -> dict[str, str]:
    """What the development issuer and the trace receiver need."""
    return {
        "WEX_ENVIRONMENT": environment,
        "WEX_ISSUER": addresses.issuer,
        "WEX_HTTP_PORT": str(addresses.ports["issuer"]),
        "WEX_ISSUER_FOLDER": str(folders.issuer),
        "WEX_TRACES_PORT": str(addresses.ports["traces"]),
        "WEX_TRACES_FOLDER": str(folders.traces),
    }


def service_environment(
    service: str,
    *,
    port: int,
    environment: str,
    addresses: Addresses,
    database: ServiceDatabase,
    secrets: dict[str, str],
    clock: Path,
    topic_prefix: str = "",
) -> dict[str, str]:
    """What one api or worker process needs."""
    settings = {
        "WEX_ENVIRONMENT": environment,
        "WEX_OWNER_DATABASE_URL": database.owner_url,
        "WEX_DATABASE_URL": database.app_url,
        "WEX_RELAY_DATABASE_URL": database.relay_url,
        "WEX_KAFKA_BOOTSTRAP": addresses.kafka,
        "WEX_TOPIC_PREFIX": topic_prefix,
        "WEX_ISSUER": addresses.issuer,
        "WEX_HTTP_HOST": "127.0.0.1",
        "WEX_HTTP_PORT": str(port),
        "WEX_CLOCK_FILE": str(clock),
        "WEX_OTLP_ENDPOINT": addresses.traces,
        "WEX_LOG_FORMAT": os.environ.get("WEX_LOG_FORMAT", "console"),
        "WEX_CURSOR_SECRET": secrets["WEX_CURSOR_SECRET"],
        "PYTHONUNBUFFERED": "1",
    }
    return settings | _own(service, secrets)


def _own(service: str, secrets: dict[str, str]) -> dict[str, str]:
    if service == "bookings":
        return {name: secrets[name] for name in ("WEX_PSEUDONYM_SECRET", "WEX_ROSTER_PRIVATE_KEY")}
    if service == "integrations":
        return {
            "WEX_ROSTER_PUBLIC_KEY": secrets["WEX_ROSTER_PUBLIC_KEY"],
            "WEX_SECRETS_KEY": secrets["WEX_SECRETS_KEY"],
            "WEX_ALLOW_LOOPBACK_WEBHOOKS": "true",
            "WEX_WEBHOOK_RETRY_SECONDS": "0.5,2,5,30",
        }
    return {}
