"""`python -m tests.faults.old_beside_new [--tag v0.2.0]`: an earlier release beside this one, under load.

F20, both ways round, each a trial with the checkers at its end. Forwards: everything runs the earlier
release; the databases are migrated beneath it; then processes of both work side by side, then this release
alone. Backwards: processes of the earlier release come beside this one's on the new schema, then work alone,
then give way again. What a session's adult's check came to is told once this release works alone: v0.2.0
takes no clearance back.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from tests.faults.outage import BOOKED, clients_go_on
from tests.faults.scenario import scenario_on
from tests.faults.stage import Stage
from tests.faults.trial import Trial, run
from tests.infra.polling import eventually
from tests.infra.releases import NotInHistoryError, Release, take
from wex.commands import Commands
from wex.platform import Platform
from wex.processes import Command
from wex.shape import Shape, numbered

TAG = "v0.2.0"
EXIT_NOT_IN_HISTORY = 2
MORE_BOOKINGS = 30  # answered while one mixture of releases runs


@dataclass(frozen=True)
class MixedCommands(Commands):
    """Processes of this release, and of an earlier one those whose names are in `old`."""

    release: Release
    old: set[str]

    def service(self, service: str, role: str, *number: str) -> Command:
        command = super().service(service, role, *number)
        return self.release.command(command) if command.name in self.old else command


class MixedPlatform(Platform):
    """A platform with two of every process that begins in an earlier release."""

    def __init__(self, folder: Path, release: Release) -> None:
        super().__init__(folder, durable=True, topic_partitions=3, shape=Shape(of_each=2))
        self.old = {
            *self.shape.processes(self.services),
            *(f"{service}-migrate" for service in self.services),
        }
        self._commands = MixedCommands(**vars(self._commands), release=release, old=self.old)

    async def migrate(self) -> None:
        """Bring every database to this release, beneath whoever runs."""
        for service in self.services:
            self.old.discard(f"{service}-migrate")
            await self._children.run(self._commands.service(service, "migrate"))

    async def replace(self, number: int, *, old: bool) -> None:
        """End the processes of this number, service beside service, and start the other release's."""
        await asyncio.gather(*(self._replace(service, number, old=old) for service in self.services))

    async def _replace(self, service: str, number: int, *, old: bool) -> None:
        for role in ("worker", "api"):
            name = numbered(f"{service}-{role}", 2)[number]
            await self.stop(name)
            (self.old.add if old else self.old.discard)(name)
            await self.start(name)


async def forwards(platform: MixedPlatform, stage: Stage) -> str:
    """From the earlier release to this one."""
    async with clients_go_on(stage), _nothing_told_of_the_adult(stage):
        await platform.migrate()
        await _serve_on(stage)
        await platform.replace(1, old=False)
        await _serve_on(stage)
        await platform.replace(0, old=False)
        await _serve_on(stage)
        stage.mended_at = time.monotonic()
    return "the earlier release, migrated beneath, both, this one"


async def backwards(platform: MixedPlatform, stage: Stage) -> str:
    """From this release to the earlier one on the new schema, and to this one again."""
    async with clients_go_on(stage), _nothing_told_of_the_adult(stage):
        for old in (True, False):
            for number in (1, 0):
                await platform.replace(number, old=old)
                await _serve_on(stage)
        stage.mended_at = time.monotonic()
    return "this one, both, the earlier release on the new schema, both, this one"


@asynccontextmanager
async def _nothing_told_of_the_adult(stage: Stage) -> AsyncIterator[None]:
    stage.may_tell.clear()
    try:
        yield
    finally:
        stage.may_tell.set()


async def _serve_on(stage: Stage) -> None:
    """Let whoever runs now answer some more bookings."""
    answered = stage.scenario.insist.heard.answered[BOOKED]
    enough = len(answered) + MORE_BOOKINGS
    await eventually(lambda: len(answered) >= enough)


WAYS: dict[str, Callable[[MixedPlatform, Stage], Awaitable[str]]] = {
    "forwards": forwards,
    "backwards": backwards,
}


async def main(tag: str, trials: int, seed: int, console: Console) -> list[Trial]:
    """So many trials of each way, each pair on a platform of its own. Raises `NotInHistoryError`."""
    done: list[Trial] = []
    for number in range(seed, seed + trials):
        with tempfile.TemporaryDirectory(prefix="wex-faults-") as folder:
            await asyncio.to_thread(Path(folder).chmod, 0o755)
            release = await asyncio.to_thread(take, tag, Path(folder) / "release")
            async with (
                MixedPlatform(Path(folder) / "wex", release) as platform,
                scenario_on(platform) as scenario,
            ):
                for way, carry_out in WAYS.items():
                    done.append(await run(scenario, "F20", number, carry_out=partial(carry_out, platform)))
                    _tell(console, way, done[-1])
    return done


def _tell(console: Console, way: str, trial: Trial) -> None:
    colour = "red" if trial.violations else "green"
    console.print(
        f"[{colour}]F20 {way}[/] seed {trial.seed}: {len(trial.violations)} violations, {trial.facts}, "
        f"slowest answer {trial.slowest_answer} s, {trial.seconds:.0f} s",
        highlight=False,
    )
    console.print(f"  clients saw {trial.clients_saw}", highlight=False)
    for violation in trial.violations:
        console.print(f"  {violation}", highlight=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tag", default=TAG, help="The earlier release")
    parser.add_argument("--trials", type=int, default=1, help="Of each way")
    parser.add_argument("--seed", type=int, default=1, help="Of the first trial; the next has the next")
    arguments = parser.parse_args()
    try:
        finished = asyncio.run(main(arguments.tag, arguments.trials, arguments.seed, Console()))
    except NotInHistoryError as error:
        print(error)  # noqa: T201 - the command's answer
        sys.exit(EXIT_NOT_IN_HISTORY)
    sys.exit(any(trial.violations for trial in finished))
