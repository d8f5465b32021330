"""What safeguarding counts of a day, by its own rows."""

from datetime import date, timedelta

from shared.contracts.bookings import BookingEnded
from shared.contracts.opportunities import OrganisationRecorded
from shared.contracts.totals import DayTotal
from tests.infra.counting import totals_of
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.safeguarding.scenario import TODAY, Scenario, open_scenario

DAY, NEXT_DAY = TODAY + timedelta(days=30), TODAY + timedelta(days=31)


async def cleared(scenario: Scenario, on: date) -> list[DayTotal]:
    return await totals_of(scenario.running, scenario.clock, on)


async def test_the_bookings_of_a_day_that_may_go_ahead_are_counted_by_institution(
    run_service: RunService,
) -> None:
    scenario = await open_scenario(run_service)
    await scenario.running.hear(
        OrganisationRecorded(
            organisation_id=scenario.school_id, kind="institution", institution_type="academy"
        )
    )
    await scenario.assure()
    session, other_day = await scenario.offer(DAY, NEXT_DAY), await scenario.offer(NEXT_DAY)
    granted = [await scenario.book(session) for _ in range(2)] + [await scenario.book(other_day)]
    for each in granted:
        assert (await scenario.clearance(each))["state"] == "granted"
    refused = await scenario.book(await scenario.offer(DAY, site_id=scenario.other_site_id))
    assert (await scenario.clearance(refused))["state"] == "refused"

    school = scenario.school_id
    assert await cleared(scenario, DAY) == [DayTotal(institution_id=school, cleared=2)]
    assert await cleared(scenario, NEXT_DAY) == [DayTotal(institution_id=school, cleared=3)]

    parties = granted[0].model_dump(
        include={"booking_id", "session_id", "opportunity_id", "institution_id", "provider_id"}
    )
    await scenario.running.hear(BookingEnded(**parties, state="cancelled", reason_codes=[]), sequence=2)

    async def one_less() -> bool:
        assert await cleared(scenario, DAY) == [DayTotal(institution_id=school, cleared=1)]
        return True

    await eventually(one_less, within=60)
    assert await cleared(scenario, DAY + timedelta(days=300)) == []
