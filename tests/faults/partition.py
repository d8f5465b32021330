"""F8: the link between a service's processes and an engine is cut, reset, or silent one way or both."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.faults.outage import clients_go_on
from tests.faults.stage import Stage
from tests.infra.link import Link
from wex.platform import Platform

SERVICES = ("bookings", "safeguarding", "outcomes")
_BREAKS: dict[str, Callable[[Link], None]] = {
    "cut": Link.cut,
    "reset": Link.reset,
    "silent there": lambda link: link.hold("there"),
    "silent back": lambda link: link.hold("back"),
    "silent both ways": lambda link: link.hold("there", "back"),
}
_SECONDS = (1, 4, 8, 14, 20)  # some beyond what a statement, a request or a session may take


async def broken_link(stage: Stage) -> str:
    """F8: all processes of a service, or one api and one worker, lose PostgreSQL or Kafka for a while."""
    draw, platform = stage.draw, stage.scenario.platform
    service, engine, how = (
        draw.choice(SERVICES),
        draw.choice(["postgres", "kafka"]),
        draw.choice(list(_BREAKS)),
    )
    apis, workers = platform.of_each("api")[service], platform.of_each("worker")[service]
    names = [*apis, *workers] if draw.random() < 0.5 else [draw.choice(apis), draw.choice(workers)]
    moment, seconds = draw.uniform(0, 1.5), draw.choice(_SECONDS) * draw.uniform(0.8, 1)
    async with _linked(platform, engine, names) as link, clients_go_on(stage):
        await asyncio.sleep(moment)
        _BREAKS[how](link)
        await asyncio.sleep(seconds)
        stage.mended_at = time.monotonic()
        await link.mend()
        await asyncio.sleep(1)
    return f"{', '.join(names)} to {engine}: {how} at {moment:.2f} s for {seconds:.2f} s"


@asynccontextmanager
async def _linked(platform: Platform, engine: str, names: list[str]) -> AsyncIterator[Link]:
    """Let the processes reach the engine through a link; afterwards again without."""
    ports = platform.addresses.ports
    through, target = (ports["kafka-linked"], ports["kafka-link"]) if engine == "kafka" else (
        ports["postgres-linked"], ports["postgres"])  # fmt: skip
    link = Link(through, target)
    await link.mend()
    try:
        for name in names:
            known = platform.command(name).environment.items()
            direct, linked = f"127.0.0.1:{ports[engine]}", f"127.0.0.1:{through}"
            await platform.restart(
                name, **{key: v.replace(direct, linked) for key, v in known if direct in v}
            )
        yield link
    finally:
        await link.mend()
        for name in names:
            await platform.restart(name)
        await link.close()
