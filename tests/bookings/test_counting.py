"""What bookings counts of a day, by its own rows."""

from datetime import UTC, datetime

from shared.contracts.totals import DayTotal
from tests.bookings.attendance.test_attendance import register
from tests.bookings.scenario import FIRST_DAY, Scenario
from tests.infra.counting import totals_of

EVENING = datetime(2027, 3, 3, 18, tzinfo=UTC)


async def totals(scenario: Scenario) -> list[DayTotal]:
    return await totals_of(scenario.bookings, scenario.clock, FIRST_DAY)


async def test_bookings_and_attendance_are_counted_by_institution_and_places_of_the_day(
    moving_scenario: Scenario,
) -> None:
    scenario = moving_scenario
    school, other = await scenario.school(), await scenario.school()
    session, both_days = await scenario.session(), await scenario.session(days=2)
    there, absent = await scenario.learners(school, 2)
    booking = await scenario.confirmed(school, session, [there, absent])
    others = await scenario.confirmed(other, both_days, await scenario.learners(other, 4))
    scenario.clock.instant = EVENING
    entries = register(str(FIRST_DAY), [there])["entries"] + register("", [absent], 0)["entries"]
    path = f"/v1/bookings/{booking['id']}/attendance"
    taken = await school.client.post(path, {"on": str(FIRST_DAY), "entries": entries})
    assert taken.status_code == 200, taken.text

    by_institution = {each.institution_id: each for each in await totals(scenario)}

    assert by_institution == {
        school.id: DayTotal(
            institution_id=school.id, confirmed=1, cleared=1, attended=1, minutes=300, learners=1
        ),
        other.id: DayTotal(
            institution_id=other.id, confirmed=1, cleared=1, attended=0, minutes=0, learners=0
        ),
        None: DayTotal(institution_id=None, places=6),
    }
    assert others["places"] == 4


async def test_a_correction_and_a_suspension_are_in_the_next_counting(moving_scenario: Scenario) -> None:
    scenario = moving_scenario
    school, session = await scenario.school(), await scenario.session()
    learners = await scenario.learners(school, 2)
    booking = await scenario.confirmed(school, session, learners)
    scenario.clock.instant = EVENING
    path = f"/v1/bookings/{booking['id']}/attendance"
    await school.client.post(path, register(str(FIRST_DAY), learners))
    before, _ = await totals(scenario)

    await school.client.post(path, register(str(FIRST_DAY), learners, 60))
    await scenario.receive(scenario.revoked(booking), sequence=9)
    after, _ = await totals(scenario)

    assert (before.minutes, before.confirmed, before.cleared) == (600, 1, 1)
    assert (after.minutes, after.confirmed, after.cleared) == (120, 0, 0)
