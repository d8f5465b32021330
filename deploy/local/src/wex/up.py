"""`wex up` and `wex journey`: a platform in the foreground, until a signal stops it or one process dies."""

import asyncio
import contextlib
import importlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from rich.console import Console

from wex import logs
from wex.environment import Addresses
from wex.folders import Folders
from wex.platform import Platform
from wex.progress import Progress

Journey = Callable[[Platform], Awaitable[int]]
Demo = Callable[[Addresses, Folders, Console], Awaitable[int]]


@dataclass(frozen=True)
class UpOptions:
    """What the command line asks of one run."""

    journey: bool = False
    once: bool = False
    keep: bool = False
    show_logs: bool = True
    usual_ports: bool = True


async def run(folders: Folders, options: UpOptions, console: Console) -> int:
    """Bring the platform up, do what the options ask, take it down; return the exit code."""
    logs.rotate(folders.make().logs)
    progress = Progress(console)
    platform = Platform(
        folders.state,
        environment="local",
        usual_ports=options.usual_ports,
        durable=True,
        prefix=os.environ.get("WEX_PREFIX", ""),
        announce=progress.show,
    )
    with _stop_signals(platform, console) as stop:
        try:
            if not await _before(stop, platform.up()):
                return 130
            progress.summary(platform)
            return await _serve(platform, options, console, stop)
        finally:
            progress.close()
            await platform.down()
            console.print("[dim]everything stopped[/]")


async def _serve(platform: Platform, options: UpOptions, console: Console, stop: asyncio.Event) -> int:
    code = 0
    if options.journey:
        journey = asyncio.ensure_future(journey_main()(platform))
        if not await _before(stop, journey):
            return 130
        code = journey.result()
        if code == 0:
            # The journey ends with its one provider suspended: the demo leaves something to be found.
            demo = asyncio.ensure_future(demo_main()(platform.addresses, platform.folders, console))
            if not await _before(stop, demo):
                return 130
            code = demo.result()
    if options.once:
        return code
    console.print("[bold green]The platform is up.[/] Ctrl-C stops it.")
    follow = asyncio.create_task(logs.follow(console, platform.folders.logs)) if options.show_logs else None
    try:
        return code if options.keep else await _until_death(platform, stop) or code
    finally:
        if options.keep:
            await stop.wait()
        if follow:
            follow.cancel()


async def _until_death(platform: Platform, stop: asyncio.Event) -> int:
    dead = asyncio.ensure_future(platform.deaths.get())
    return 1 if await _before(stop, dead) else 0


async def _before(stop: asyncio.Event, work: Awaitable[object]) -> bool:
    """True once the work is done, False if asked to stop first; the work's own error passes on."""
    doing, stopping = asyncio.ensure_future(work), asyncio.create_task(stop.wait())
    await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if doing.done():
        doing.result()
        return True
    doing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await doing
    return False


@contextlib.contextmanager
def _stop_signals(platform: Platform, console: Console) -> Iterator[asyncio.Event]:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def on_signal() -> None:
        if stop.is_set():
            console.print("[red]killing everything[/]")
            platform.kill_all()
        else:
            console.print("\n[dim]stopping; once more kills[/]")
            stop.set()

    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for one in signals:
        loop.add_signal_handler(one, on_signal)
    try:
        yield stop
    finally:
        for one in signals:
            loop.remove_signal_handler(one)


def journey_main() -> Journey:
    """The journey's entry, imported only when it is walked."""
    run_journey = importlib.import_module("wex.journey.main").run
    local = importlib.import_module("wex.journey.platforms").LocalPlatform

    def walk(platform: Platform) -> Awaitable[int]:
        walked: Awaitable[int] = run_journey(local(platform))
        return walked

    return walk


def demo_main() -> Demo:
    """The demo's entry, imported only when it is made."""
    run_demo: Demo = importlib.import_module("wex.demo.main").run
    return run_demo
