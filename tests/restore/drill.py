"""The drill: a journey and schools at work, a loss in the middle, the way back, and the comparison."""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.faults.checkers import CHECKERS
from tests.faults.credit import TookPlace
from tests.faults.crowd import CROWD, go_on
from tests.faults.draining import drain
from tests.faults.reading import SERVICES
from tests.faults.scenario import Scenario, scenario_on
from tests.faults.seen import Seen
from tests.faults.stage import Stage, set_stage
from tests.infra.polling import eventually
from tests.restore.agreement import Compared, compare_all
from tests.restore.happenings import happen_late, known_before
from tests.restore.losing import Lost, lose_and_restore, now
from wex import backups
from wex.journey.clients import StepFailed
from wex.platform import Platform
from wex.shape import Shape, cluster_of

HEARD_AGAIN = 50_000  # events at most: what is given time to be heard before the comparison
INSISTS_FOR = 900.0  # seconds a client goes on asking
_HOLDS = {
    "I2": "what was answered in time is there",
    "I3": "who attended is credited once",
    "I10": "the partner has every event, each under one id",
    "I14": "compacted topics end with the newest",
    "I15": "no deadline is overdue",
    "I17": "nobody is booked in a cancelled session",
}
Say = Callable[[str], None]


@dataclass
class Drilled:
    """What came of one drill."""

    lost: Lost
    outage: float = 0.0  # seconds in which the service answered nobody
    clients_saw: dict[str, int] = field(default_factory=dict)
    compared: list[Compared] = field(default_factory=list)

    @property
    def differences(self) -> list[str]:
        """Everything in which the services do not agree."""
        return [f"{each.what} ({each.between}): {d}" for each in self.compared for d in each.differences]


async def drill(service: str, seed: int, seconds: float, say: Say, plant: str = "") -> Drilled:
    """Lose this service's database server, restore it to so many seconds before, and compare all services.

    `plant`: an SQL statement carried out in `outcomes` before the comparison, which must then find it.
    """
    with tempfile.TemporaryDirectory(prefix="wex-restore-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        platform = Platform(
            Path(folder) / "wex", durable=True, topic_partitions=3, shape=Shape(clusters=True)
        )
        async with platform, scenario_on(platform, with_history=True) as scenario:
            drilled, stages = await _lose_amid_work(scenario, service, seed, seconds, say)
            say("people do again what was lost, until all is quiet")
            await _settle(scenario, stages)
            if plant:
                await scenario.rows.ask("outcomes", plant)
            say("comparing")
            drilled.compared = [*await compare_all(scenario.rows), *await _checked(scenario, stages)]
            return drilled


async def _lose_amid_work(
    scenario: Scenario, service: str, seed: int, seconds: float, say: Say
) -> tuple[Drilled, list[Stage]]:
    platform, draw = scenario.platform, random.Random(seed)
    scenario.insist.insists_for = INSISTS_FOR
    await scenario.crowd(CROWD)
    say("work that is done before the backup")
    early = await set_stage(scenario, seed, draw, at_once=3)
    await early.work()
    known = await known_before(scenario)
    await drain(scenario, early.sessions)
    servers = [platform.database_server(cluster_of(each)) for each in SERVICES]
    await asyncio.gather(*(asyncio.to_thread(backups.back_up, server) for server in servers))

    say("work that the archive keeps")
    amid = await set_stage(scenario, seed, draw)
    heard, over = scenario.insist.heard, asyncio.Event()
    going = asyncio.create_task(go_on(amid, over))
    try:
        await amid.work()
        moment = now()
        say(f"work that is lost, for {seconds:.0f} s")
        late = await set_stage(scenario, seed, draw)
        scenario.insist.heard = heard
        await asyncio.gather(late.work(), happen_late(scenario, known), asyncio.sleep(seconds))
        before, began = Counter(heard.counts), asyncio.get_running_loop().time()
        say(f"{cluster_of(service)} is lost, and restored to {moment:%H:%M:%S}")
        drilled = Drilled(await lose_and_restore(platform, scenario.rows, service, moment))
        ready = began + drilled.lost.seconds["ready"]
        await eventually(lambda: any(at > ready for at in heard.answered[f"GET {service}"]))
    except BaseException:
        going.cancel()  # nobody may ever answer those who insist
        raise
    finally:
        over.set()
        await asyncio.wait({going})
    await going
    drilled.outage = heard.longest_silence(f"GET {service}", since=began)
    drilled.clients_saw = dict(heard.counts - before)
    return drilled, [early, amid, late]


async def _settle(scenario: Scenario, stages: list[Stage]) -> None:
    """Evidence, reflections and what is learnt of adults are given again, under the same keys."""
    for stage in stages:
        await stage.over.show(scenario)
        await stage.tell_of_the_adult(stage.adult_is_clear)
    fresh = await stages[0].ask(0, stages[0].spare, 3)
    sessions = [session for stage in stages for session in stage.sessions]
    await drain(scenario, sessions, heard_again=HEARD_AGAIN)
    states = {each.id: each.state for each in await scenario.rows.bookings([fresh.session])}
    if states.get(fresh.booking) != "confirmed":
        raise StepFailed(f"a booking asked for afterwards is {states.get(fresh.booking)}")


async def _checked(scenario: Scenario, stages: list[Stage]) -> list[Compared]:
    """What holds of every platform at rest, by the checkers of the fault trials."""
    rows, seen = scenario.rows, Seen()
    took_place: list[TookPlace] = [stage.over for stage in stages]
    learners = [learner for each in took_place for group in each.learners for learner in group]
    seen.attended = [attended for each in took_place for attended in each.attended]
    seen.ledger = await rows.ledger(learners)
    seen.booked = await rows.booked([entry.booking for entry in seen.ledger])
    seen.totals = await rows.totals(learners)
    seen.asks = stages[0].asks  # all of them from before the backup, or from after the restore
    seen.partner = str(scenario.schools[0].leader.organisation)
    seen.received = [
        (message, body["type"], body["data"].get("booking_id", ""), int(body["data"]["sequence"]))
        for message, body in scenario.receiver.received
    ]
    seen.told = await scenario.log.read()
    announced = scenario.log.announced()  # what is told anew is news to those who keep copies alone
    news = replace(seen, told=[each for each in seen.told if each.id not in announced])
    seen.bookings = await rows.bookings(stages[0].sessions)
    seen.overdue = await rows.overdue(scenario.platform.clock_ahead())
    things = {
        "I2": len(seen.asks),
        "I3": len(seen.ledger),
        "I10": len(seen.received),
        "I14": len(seen.told),
        "I15": 0,
        "I17": 0,
    }
    checked = [
        Compared(_HOLDS[name], "all", count, list(CHECKERS[name](news if name == "I10" else seen)))
        for name, count in things.items()
    ]
    waiting = [f"{n} events wait in {service}" for service, n in (await rows.outboxes()).items() if n]
    if behind := await scenario.log.behind(await scenario.log.ends()):
        waiting.append(f"{behind} events are still to be heard")
    return [*checked, Compared("nothing waits, nothing is parked", "all", 0, waiting + await rows.parked())]
