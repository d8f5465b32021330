"""One project of compose's containers: brought up, broken on purpose, looked at, taken down."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from wex.folders import REPOSITORY

_HEALTHY_WITHIN = 300.0
PSQL = ("psql", "-h", "/var/run/postgresql", "-U", "postgres", "-At")
SHIPPED = ("docker-compose.yml",)
WALKED = ("docker-compose.yml", "deploy/compose/journey.yml")


class DockerError(Exception):
    """A command of Docker's failed; its words say why."""


@dataclass
class Containers:
    """A project of its own beside whatever else compose runs here; only the published ports are shared."""

    env: Path
    journey: Path
    services: list[str]
    project: str = "wex-drill"

    async def up(self, files: tuple[str, ...]) -> float:
        """Bring all up and wait until they are healthy; the seconds it took."""
        partner = ["partner"] if files == WALKED else []
        began = time.monotonic()
        await self.compose(files, "up", "--detach", "--wait", *self.services, *partner)
        return time.monotonic() - began

    async def down(self, *, forget: bool = False) -> None:
        """Remove the containers; their data too where it is to be forgotten."""
        await self.compose(WALKED, "down", "--remove-orphans", *(["--volumes"] if forget else []))

    async def compose(self, files: tuple[str, ...], *arguments: str) -> str:
        """A command of compose's for this project."""
        named = [part for file in files for part in ("--file", str(REPOSITORY / file))]
        return await docker(
            *("compose", "--project-name", self.project, "--project-directory", str(REPOSITORY)),
            *("--env-file", str(self.env), *named, *arguments),
            WEX_JOURNEY_FOLDER=str(self.journey),
        )

    async def state(self, service: str) -> dict[str, Any]:
        """What Docker knows of a service's container."""
        found: list[dict[str, Any]] = json.loads(await docker("inspect", self.name(service)))
        return found[0]

    async def execute(self, service: str, *command: str) -> str:
        """Run a command in a container, as its own user."""
        return await docker("exec", self.name(service), *command)

    def name(self, service: str) -> str:
        return f"{self.project}-{service}-1"

    async def crash(self, service: str) -> None:
        """Kill a container's first process with -9, from outside: Docker takes it for a crash."""
        await self._beside(service, "import os; os.kill(pid, 9)")

    async def process(self, service: str) -> tuple[str, str]:
        """Of a container's first process: what it may do (`/proc/PID/status`), and where its root lies."""
        told = await self._beside(
            service,
            """
            print(open(f"/proc/{pid}/status").read())
            print(*(line for line in open(f"/proc/{pid}/mountinfo") if line.split()[4] == "/"))
            """,
        )
        status, _, root = told.rstrip().rpartition("\n")
        return status, root

    async def _beside(self, service: str, script: str) -> str:
        """Run Python among the host's processes, where `pid` is the container's first: no image lacks it."""
        pid = (await self.state(service))["State"]["Pid"]
        return await docker(
            *("run", "--rm", "--privileged", "--pid", "host", "--user", "0:0", "--network", "none"),
            *("--entrypoint", "python", "wex-bookings:local", "-c", f"pid = {pid}\n{dedent(script)}"),
        )

    async def until_healthy(self, service: str, *, since: int = -1) -> float:
        """Wait until a container is healthy, after more than `since` restarts; the seconds it took."""
        began = time.monotonic()
        while True:
            state = await self.state(service)
            if state["RestartCount"] > since and state["State"].get("Health", {}).get("Status") == "healthy":
                return time.monotonic() - began
            if time.monotonic() - began > _HEALTHY_WITHIN:
                raise DockerError(f"{service} is not healthy: {json.dumps(state['State'])[:600]}")
            await asyncio.sleep(0.2)

    async def ask(self, database: str, query: str) -> list[str]:
        """Rows of a query, read past the services: as the database's superuser."""
        told = await self.execute("postgres", *PSQL, "-d", database, "-c", query)
        return told.splitlines()


@asynccontextmanager
async def kept_until_the_end(containers: Containers) -> AsyncIterator[Containers]:
    """The project, taken down with its data whatever happens."""
    await containers.down(forget=True)  # what an interrupted drill has left
    try:
        yield containers
    finally:
        await containers.down(forget=True)


async def docker(*arguments: str, **environment: str) -> str:
    """What a command of Docker's printed. Raises `DockerError`."""
    process = await asyncio.create_subprocess_exec(
        *("docker", *arguments),
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, wrong = await process.communicate()
    if process.returncode:
        raise DockerError(f"docker {' '.join(arguments)}\n{wrong.decode(errors='replace')[-1000:]}")
    return told.decode()


async def has_image(name: str) -> bool:
    """Whether an image is on this machine."""
    try:
        await docker("image", "inspect", "--format", "{{.Id}}", name)
    except DockerError:
        return False
    return True
