"""What opportunities counts of a day, by its copies of places taken."""

from datetime import date, timedelta
from uuid import UUID

from shared.contracts.bookings import PlacesChanged
from shared.contracts.totals import DayTotal
from tests.infra.counting import totals_of
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.opportunities.scenario import TODAY, clock, publish, register_provider


async def test_places_taken_in_the_sessions_of_a_day_are_counted(run_service: RunService) -> None:
    now = clock()
    here = await run_service("opportunities", clock=now)
    _, _, caller = await register_provider(here)
    offer = await publish(caller, sessions=2)
    first, second = sorted(offer["sessions"], key=lambda each: str(each["days"]))
    for session, taken in ((first, 5), (second, 7)):
        await here.hear(
            PlacesChanged(
                session_id=UUID(session["id"]), opportunity_id=UUID(offer["id"]), places=12, taken=taken
            )
        )

    async def places(on: date, wanted: int) -> bool:
        assert await totals_of(here, now, on) == [DayTotal(institution_id=None, places=wanted)]
        return True

    day = TODAY + timedelta(days=30)
    await eventually(lambda: places(day, 5), within=60)
    await eventually(lambda: places(day + timedelta(days=1), 7), within=60)
    assert await places(day + timedelta(days=2), 0)
