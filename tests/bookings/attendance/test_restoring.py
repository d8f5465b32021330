"""What `bookings` makes of registers it said were taken, where a restored database does not know of them."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.bookings import AttendanceRecorded
from shared.contracts.opportunities import SessionScheduled
from shared.contracts.vocabulary import AttendanceEntry
from tests.bookings.attendance.test_attendance import register, told
from tests.bookings.scenario import Scenario, School
from tests.infra.restoring import settle

DAY = date(2027, 3, 3)


def recorded(
    scenario: Scenario,
    school: School,
    session: SessionScheduled,
    booking: dict[str, Any],
    *learners: str,
    minutes: int = 300,
) -> AttendanceRecorded:
    """The register of a day, as others heard it."""
    return AttendanceRecorded(
        booking_id=booking["id"],
        session_id=session.session_id,
        opportunity_id=session.opportunity_id,
        institution_id=school.id,
        provider_id=scenario.provider_id,
        on=DAY,
        entries=[
            AttendanceEntry(learner_id=UUID(each), attended=minutes > 0, minutes=minutes) for each in learners
        ],
    )


async def test_a_register_that_others_heard_of_stands_and_either_party_corrects_it(
    moving_scenario: Scenario,
) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session()
    learners = await moving_scenario.learners(school, 2)
    booking = await moving_scenario.confirmed(school, session, learners)
    path = f"/v1/bookings/{booking['id']}/attendance"
    said = recorded(moving_scenario, school, session, booking, *learners)

    await settle(moving_scenario.bookings, said, said)

    (shown,) = (await school.client.get(path)).json()["items"]
    assert told(shown) == register(DAY.isoformat(), learners)
    assert [each.sequence for each in await moving_scenario.published(AttendanceRecorded)] in ([], [3])
    moving_scenario.clock.instant = datetime(2027, 3, 3, 16, tzinfo=UTC)
    corrected = await school.client.post(path, register(DAY.isoformat(), learners, 240))
    assert corrected.status_code == 200, corrected.text


async def test_a_register_from_before_the_moment_replaces_no_later_one(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session()
    learners = await moving_scenario.learners(school, 1)
    booking = await moving_scenario.confirmed(school, session, learners)
    moving_scenario.clock.instant = datetime(2027, 3, 3, 16, tzinfo=UTC)
    path = f"/v1/bookings/{booking['id']}/attendance"
    taken = await school.client.post(path, register(DAY.isoformat(), learners, 240))
    assert taken.status_code == 200, taken.text

    said = recorded(moving_scenario, school, session, booking, *learners, minutes=60)
    await settle(moving_scenario.bookings, said, sequence=3)

    (shown,) = (await school.client.get(path)).json()["items"]
    assert told(shown) == register(DAY.isoformat(), learners, 240)


async def test_a_register_names_nobody_who_is_not_of_the_booking_any_more(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session()
    learners = await moving_scenario.learners(school, 1)
    booking = await moving_scenario.confirmed(school, session, learners)

    await settle(
        moving_scenario.bookings, recorded(moving_scenario, school, session, booking, *learners, str(uuid4()))
    )

    (shown,) = (await school.client.get(f"/v1/bookings/{booking['id']}/attendance")).json()["items"]
    assert told(shown) == register(DAY.isoformat(), learners)
