"""F14: the clocks of a service's processes differ, and sessions lie on days that are unlike others."""

import asyncio
import time
from datetime import date

from tests.faults.outage import clients_go_on
from tests.faults.scenario import SCHOOLS
from tests.faults.stage import Stage

SKEWS = (-3_600.0, -300.0, 0.0, 300.0, 3_600.0)  # seconds
SERVICES = ("bookings", "safeguarding", "outcomes", "opportunities")
# Days on which clocks go forward, and back; one that only leap years have. No learner may be there at night.
UNLIKE = (date(2027, 3, 28), date(2027, 10, 31), date(2028, 2, 29))
_TIMES = [(SCHOOLS, "07:00:00", "09:00:00"), (SCHOOLS, "09:30:00", "15:00:00")]


async def skewed_clocks(stage: Stage) -> str:
    """F14: each process of two services has a business clock of its own, up to an hour off; then none has."""
    draw, platform = stage.draw, stage.scenario.platform
    services = draw.sample(SERVICES, 2)
    names = [name for each in services for role in ("api", "worker") for name in platform.of_each(role)[each]]
    skews = {name: draw.choice(SKEWS) for name in names}

    for name, skew in skews.items():
        clock = platform.folders.clock.with_name(f"clock-{name}")
        clock.write_text(str(platform.clock_ahead() + skew))
        await platform.restart(name, WEX_CLOCK_FILE=str(clock))
    async with clients_go_on(stage):
        await _book_on_an_unlike_day(stage)
        await asyncio.sleep(draw.uniform(2, 4))
        stage.mended_at = time.monotonic()
    for name in names:
        await platform.restart(name)
    return ", ".join(f"{name} {skew:+.0f} s" for name, skew in skews.items() if skew)


async def _book_on_an_unlike_day(stage: Stage) -> None:
    """A learner of each school, on a day of 23 or 25 hours."""
    scenario, day = stage.scenario, UNLIKE[stage.seed % len(UNLIKE)]
    _, sessions = await scenario.publish(day, _TIMES, f"unlike-{stage.opportunity}")
    stage.full += sessions
    for session in sessions:
        for school in range(SCHOOLS):
            learner = scenario.schools[school].crowd[-1 - stage.seed % 300]
            if (ask := await stage.ask_for(school, session, learner)).status != 201:
                stage.broken.append(f"a session on {day} was refused: {ask.slug}")
