"""Counts a day now, as a worker would at night, and reads what the service said of it."""

from datetime import date, timedelta

from shared.contracts.totals import DayTotal, TotalsCounted
from shared.kernel import FixedClock
from shared.messaging.counting import DayCounter, count_again
from tests.infra.polling import eventually
from tests.infra.running import Running


async def totals_of(here: Running, clock: FixedClock, on: date) -> list[DayTotal]:
    """The service's totals of a day as its rows stand now; the clock moves on a second."""
    counting, runtime = here.service.counting, here.runtime
    assert counting is not None
    clock.move(timedelta(seconds=1))
    await count_again(runtime.database, on, clock.now())
    counter = DayCounter(runtime.database, runtime.waker, runtime.clock, counting)
    while await counter.count():
        pass

    async def published() -> list[TotalsCounted]:
        said = [each.data for each in await here.said(counting.contract)]
        now = [
            each
            for each in said
            if isinstance(each, TotalsCounted) and (each.on, each.as_of) == (on, clock.now())
        ]
        assert any(each.complete for each in now)
        return now

    return [total for each in await eventually(published, within=60) for total in each.totals]
