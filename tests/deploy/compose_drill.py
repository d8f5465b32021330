"""Brings compose's containers up, walks the journey on them, and breaks them: `make compose`.

`python -m tests.deploy.compose_drill [--seed N] [--without SERVICE ...] [--victims SERVICE ...]` makes a
project of its own and forgets it at the end. In order: docker-compose.yml as it is shipped; how far each
container is confined; with deploy/compose/journey.yml a whole journey; one more for each server, PostgreSQL
and Kafka, which is killed in the middle of it and must come back by itself; a server that hangs; a database
that is away; everything taken down and up again with its data, and a last journey.
"""

import argparse
import asyncio
import io
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from tests.deploy.composition import SERVERS, env_text, services
from tests.deploy.confinement import confinement
from tests.deploy.containers import SHIPPED, WALKED, Containers, DockerError, has_image, kept_until_the_end
from tests.infra.polling import eventually
from wex.health import is_ready
from wex.journey.clients import Persona, StepFailed
from wex.journey.compose import ComposePlatform
from wex.journey.credit import expected_minutes
from wex.journey.main import STEPS, run
from wex.journey.state import Step, Walk
from wex.ports import USUAL_PORTS

ENGINES = ["postgres", "kafka"]
VIEWERS = ["otel-collector", "jaeger", "prometheus"]
CREDITS = 24  # learners whose evidence is complete
_LEDGER = "select count(*), coalesce(sum(minutes), 0) from ledger_entries where kind = 'credited'"


@dataclass
class Drill:
    """What all parts of one drill share, and what each has found wrong."""

    containers: Containers
    platform: ComposePlatform
    console: Console
    draw: random.Random
    wrong: list[str]
    walked: int = 0

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note what does not hold."""
        if not holds:
            self.wrong.append(otherwise)
            self.console.print(f"[red]{otherwise}")

    async def ledger(self) -> tuple[int, int]:
        """Credits and minutes of all journeys so far."""
        (row,) = await self.containers.ask("wex_outcomes", _LEDGER)
        number, minutes = row.split("|")
        return int(number), int(minutes)


@dataclass
class Killer:
    """Kills one container while one step is walked; Docker itself is to start it again."""

    containers: Containers
    victim: str
    step: Step
    delay: float
    task: asyncio.Task[float] | None = None

    async def before(self, step: Step, _walk: Walk) -> None:
        """Begin the kill together with its step."""
        if step is self.step:
            self.task = asyncio.create_task(self._kill())

    async def _kill(self) -> float:
        restarts = (await self.containers.state(self.victim))["RestartCount"]
        await asyncio.sleep(self.delay)
        await self.containers.crash(self.victim)
        return await self.containers.until_healthy(self.victim, since=restarts)


async def check_shipped(drill: Drill) -> None:
    """docker-compose.yml alone: healthy, and its webhooks go to nobody on this machine."""
    seconds = await drill.containers.up(SHIPPED)
    drill.console.print(f"docker-compose.yml as shipped, without data: ready after {seconds:.0f} s")
    clients = drill.platform.clients()
    school = Persona("school", "school-of-the-drill", uuid4())
    body = {"url": "http://127.0.0.1:8080/hooks", "event_types": ["booking.confirmed.v1"]}
    try:
        problem = await clients.call(
            school, "integrations", "POST", "/v1/webhook-endpoints", body, expect=422
        )
        drill.expect(problem["slug"] == "url-not-allowed", f"a webhook to this machine: {problem}")
    finally:
        await clients.close()


async def check_confinement(drill: Drill) -> None:
    """Every container that runs: its user, its rights and its bounds."""
    table = Table(
        *("container", "user", "capabilities", "root", "memory", "processes", "CPUs", "health"),
        title="How far each container is confined",
    )
    for name in drill.containers.services:
        status, root = await drill.containers.process(name)
        found = confinement(await drill.containers.state(name), status, root)
        for fault in found.faults(own=name in SERVERS):
            drill.expect(False, f"{name} {fault}")
        table.add_row(
            name, found.user, found.capabilities.strip("0") or "none",
            "writable" if found.writes_root else "read-only", f"{found.memory // 2**20} MiB",
            str(found.processes), f"{found.cpus:g}" if found.cpus else "any", found.health,
        )  # fmt: skip
    drill.console.print(table)


async def walk(drill: Drill, console: Console, killer: Killer | None = None) -> tuple[bool, int, int]:
    """One journey: whether each step held, and the credits and minutes it has brought to the ledger."""
    before = await drill.ledger()
    code = await run(drill.platform, console, killer.before if killer else None)
    after = await drill.ledger()
    credited, minutes = after[0] - before[0], after[1] - before[1]
    return code == 0 and (credited, minutes) == (CREDITS, expected_minutes()), credited, minutes


async def check_journey(drill: Drill) -> None:
    """The journey, undisturbed."""
    held, credited, minutes = await walk(drill, drill.console)
    drill.expect(held, f"the journey does not hold: {credited} credits, {minutes} minutes")


async def check_kills(drill: Drill, victims: list[str]) -> None:
    """A journey for each victim, which is killed with -9 during a step drawn by chance."""
    table = Table(
        *("killed with -9", "during step", "journey", "credits", "minutes", "healthy again", "walked in"),
        title="One container killed in each journey",
    )
    for victim in victims:
        # The first and the last steps prepare and look back: the kill falls between them.
        step = drill.draw.choice(STEPS[1:-3])
        killer = Killer(drill.containers, victim, step, drill.draw.uniform(0, 0.05))
        told, began = io.StringIO(), time.monotonic()
        held, credited, minutes = await walk(drill, Console(file=told, width=200), killer)
        walked_in = time.monotonic() - began
        back = await killer.task if killer.task else 0.0
        drill.expect(held, f"the journey in which {victim} was killed does not hold\n{told.getvalue()}")
        table.add_row(
            victim, f"{step.number} {step.title}", "held" if held else "[red]broke", str(credited),
            f"{minutes} of {expected_minutes()}", f"{back:.1f} s", f"{walked_in:.1f} s",
        )  # fmt: skip
        drill.console.print(f"{victim}: healthy again after {back:.1f} s")
    drill.console.print(table)


async def check_hanging(drill: Drill) -> None:
    """A server that no longer goes round is killed by its health check and started again."""
    name = "bookings-worker"
    stop = "import os, signal; os.kill(-1, signal.SIGSTOP)"  # all but the first process and itself
    restarts = (await drill.containers.state(name))["RestartCount"]
    await drill.containers.execute(name, "python", "-c", stop)
    seconds = await drill.containers.until_healthy(name, since=restarts)
    drill.console.print(f"{name} hung: killed by its health check, healthy again after {seconds:.0f} s")


async def check_away(drill: Drill) -> None:
    """A database that is away makes an api unready, and nothing else: it is not started again."""
    name, port = "bookings-api", USUAL_PORTS["bookings-api"]
    before = (await drill.containers.state(name))["State"]["StartedAt"]
    await drill.containers.compose(WALKED, "stop", "postgres")
    alive = await is_ready(port, "/health/live", within=5)
    ready = await is_ready(port, within=5)
    began = time.monotonic()
    await drill.containers.compose(WALKED, "start", "postgres")
    await eventually(lambda: is_ready(port, within=5), within=120)
    seconds = time.monotonic() - began
    after = (await drill.containers.state(name))["State"]["StartedAt"]
    drill.expect(alive and not ready, f"without its database {name}: alive {alive}, ready {ready}")
    drill.expect(before == after, f"{name} was started again although it was alive")
    drill.console.print(
        f"{name} without its database: alive, not ready; ready {seconds:.1f} s after its return"
    )


async def check_down_and_up(drill: Drill) -> None:
    """All containers removed and made anew: what they knew is there, and the next journey holds."""
    before = await drill.ledger()
    began = time.monotonic()
    await drill.containers.down()
    down = time.monotonic() - began
    up = await drill.containers.up(WALKED)
    after = await drill.ledger()
    drill.expect(before == after, f"the ledger was {before} and is {after}")
    drill.console.print(
        f"down in {down:.0f} s, up again with its data: ready after {up:.0f} s; {after[0]} credits, as before"
    )
    await check_journey(drill)


async def main(given: argparse.Namespace) -> int:
    """The whole drill; the number of things that do not hold."""
    console = Console() if sys.stdout.isatty() else Console(width=110)
    left_out = [*given.without, *[name for name in VIEWERS if not await has_image(services()[name]["image"])]]
    if left_out:
        console.print(f"left out, since there is no image of it: {', '.join(dict.fromkeys(left_out))}")
    chosen = [name for name in ["keycloak", *ENGINES, *SERVERS, *VIEWERS] if name not in left_out]
    with tempfile.TemporaryDirectory(prefix="wex-drill-") as folder:
        env, journey = Path(folder) / "env", Path(folder) / "journey"
        env.write_text(env_text())
        journey.mkdir(mode=0o755)
        platform = ComposePlatform(env, journey / "clock")
        containers = Containers(env, journey, chosen)
        drill = Drill(containers, platform, console, random.Random(given.seed), [])
        async with kept_until_the_end(containers):
            await _all_of_it(drill, given.victims or [*ENGINES, *SERVERS])
    for each in drill.wrong:
        console.print(f"[bold red]{each}")
    console.print(
        "[bold green]all of it holds" if not drill.wrong else f"{len(drill.wrong)} things do not hold"
    )
    return len(drill.wrong)


async def _all_of_it(drill: Drill, victims: list[str]) -> None:
    async def with_journey(drill: Drill) -> None:
        seconds = await drill.containers.up(WALKED)
        drill.console.print(f"with deploy/compose/journey.yml beside it: ready after {seconds:.0f} s")

    parts: list[Callable[[Drill], Awaitable[None]]] = [
        check_shipped, check_confinement, with_journey, check_journey,
        lambda drill: check_kills(drill, victims), check_hanging, check_away, check_down_and_up,
    ]  # fmt: skip
    for part in parts:
        try:
            await part(drill)
        except (DockerError, StepFailed, AssertionError) as error:
            drill.expect(False, f"the drill ends here: {error}")
            return


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="draws the steps and moments of the kills")
    parser.add_argument("--without", nargs="*", default=[], metavar="SERVICE", help="leave these out")
    parser.add_argument("--victims", nargs="*", default=[], metavar="SERVICE", help="kill these alone")
    sys.exit(min(asyncio.run(main(parser.parse_args())), 1))
