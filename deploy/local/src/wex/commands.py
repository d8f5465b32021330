"""How the platform's own Python processes are started: the edge, and each service's three."""

import os
import subprocess
import sys
from dataclasses import dataclass

from shared.persistence.provision import ServiceDatabase, service_database
from wex.environment import Addresses, edge_environment, read_addresses, service_environment
from wex.folders import REPOSITORY, Folders
from wex.local_secrets import load_secrets
from wex.processes import Command


@dataclass(frozen=True)
class Commands:
    """What all of them have in common."""

    folders: Folders
    addresses: Addresses
    environment: str
    secrets: dict[str, str]
    prefix: str

    def edge(self) -> Command:
        """The development issuer and the trace receiver."""
        environment = edge_environment(self.addresses, self.folders, self.environment)
        return self._python("edge", ("wex.edge",), environment, self.addresses.ports["issuer"])

    def service(self, service: str, role: str, *number: str) -> Command:
        """A service's `api` or `worker`, which has a port, or its `migrate`, which has none."""
        name = "-".join((service, role, *number))
        port = self.addresses.ports.get(name)
        environment = service_environment(
            service,
            port=port or 0,
            environment=self.environment,
            addresses=self.addresses,
            database=self.database(service),
            secrets=self.secrets,
            clock=self.folders.clock,
            topic_prefix=self.prefix,
        )
        # Its name lets the consumer group know a worker again after a restart.
        environment |= {"WEX_INSTANCE": name} if role == "worker" else {}
        return self._python(name, (service, role), environment, port)

    def database(self, service: str) -> ServiceDatabase:
        """Where a service's data lies."""
        return service_database(self.addresses.server(service), service, f"{self.prefix}wex_{service}")

    def _python(
        self, name: str, module: tuple[str, ...], environment: dict[str, str], port: int | None
    ) -> Command:
        return Command(
            name=name,
            argv=(sys.executable, "-m", *module),
            module=module,
            log=self.folders.log(name),
            environment=environment,
            folder=REPOSITORY,
            port=port,
        )


def ask_service(
    folders: Folders, service: str, *options: str, capture: bool = False
) -> "subprocess.CompletedProcess[str] | None":
    """Run one more process of a service of the platform started last, to its end; None where there is none.

    What it says goes to this process's own output, or into the answer where it is to `capture`.
    """
    addresses = read_addresses(folders)
    if addresses is None or f"{service}-api" not in addresses.ports:
        return None
    commands = Commands(folders, addresses, "local", load_secrets(folders.secrets), "")
    environment = os.environ | commands.service(service, "api").environment
    argv = [sys.executable, "-m", service, *options]
    return subprocess.run(argv, env=environment, capture_output=capture, text=True, check=False)
