"""G5: a rush of 20,000 on 5,000 places through two api processes; and again with one killed in the middle."""

import asyncio
from collections.abc import AsyncGenerator

from tests.benchmarks import load
from tests.benchmarks.findings import Bar, Finding, percentile
from tests.benchmarks.hold_scenario import HoldScenario
from tests.benchmarks.holds import API, CONNECTIONS, hold_platform, requests
from tests.benchmarks.load import Load
from tests.benchmarks.run import Run
from tests.infra.another import another
from tests.infra.polling import eventually

PLACES, TRIES = 5_000, 20_000
HELD, FULL = 201, 409
_COUNTS = {
    "bookings": "select coalesce(sum(places), 0) from bookings where state = 'awaiting_clearance'",
    "outbox": "select count(*) from outbox where headers ->> 'ce_type' = 'booking.requested.v1'",
    "taken": "select taken from session_places order by session_id limit 1",
}


async def measure(run: Run) -> AsyncGenerator[Finding]:
    """Two rushes, one disturbed."""
    async with hold_platform() as scenario:
        for disturbed in (False, True):
            for finding in await _rush(scenario, run, disturbed=disturbed):
                yield finding


async def _rush(scenario: HoldScenario, run: Run, *, disturbed: bool) -> list[Finding]:
    what = "rush, one of two processes killed" if disturbed else "rush, two processes"
    run.console.print(f"{what}: {TRIES:,} tries for {PLACES:,} places")
    await scenario.reset(hot_places=PLACES)
    tries = await requests(scenario, TRIES, sessions=1)
    async with another(scenario.platform, API) as (other, port):
        ports = [scenario.platform.addresses.ports[API], port]
        first = asyncio.create_task(load.drive(ports, tries, connections=CONNECTIONS))
        if disturbed:
            await eventually(lambda: _half_sold(scenario), within=60, every=0.005)
            other.kill()
        rushed = await first
    told = rushed.statuses.copy()
    if disturbed:
        # What a client was not told it asks again, under the same key.
        again = [tries[each] for each in rushed.unanswered]
        told += (await load.drive(ports[:1], again, connections=CONNECTIONS)).statuses
    counts = {name: await scenario.count(query) for name, query in _COUNTS.items()} | {"told": told[HELD]}
    wrong = sum(abs(count - PLACES) for count in counts.values()) + abs(sum(told.values()) - TRIES)
    facts = counts | {"statuses": dict(told), "cut_off": len(rushed.unanswered)}
    exact = Finding("G5", f"{what}: miscounted", "", [float(wrong)], Bar(0, 0, at_most=True), facts=facts)
    return [exact] if disturbed else [exact, _rates(rushed)]


async def _half_sold(scenario: HoldScenario) -> bool:
    return await scenario.count(_COUNTS["taken"]) >= PLACES // 2


def _rates(rushed: Load) -> Finding:
    """Refusing must not be slower than selling: when all is sold nearly everybody is refused."""
    sold_out = max(rushed.came[HELD])
    late = [each for each in rushed.came[FULL] if each > sold_out]
    sold, refused = PLACES / sold_out, len(late) / (rushed.lasted - sold_out)
    p99 = percentile([second * 1000 for second in rushed.seconds], 99)
    return Finding("G5", "refused a second", "/s", [refused], Bar(1.0, 1.5), [sold], "sold a second", p99)
