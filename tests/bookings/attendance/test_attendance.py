"""Registers of attendance over HTTP."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.bookings import AttendanceRecorded
from tests.bookings.scenario import Scenario
from tests.infra.polling import eventually

SECOND_DAY = datetime(2027, 3, 4, 16, tzinfo=UTC)


def register(on: str, learner_ids: list[str], minutes: int = 300) -> dict[str, Any]:
    entries = [{"learner_id": each, "attended": minutes > 0, "minutes": minutes} for each in learner_ids]
    return {"on": on, "entries": entries}


async def test_provider_and_school_take_registers_and_the_later_one_holds(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(days=2)
    learners = await moving_scenario.learners(school, 2)
    booking = await moving_scenario.confirmed(school, session, learners)
    path = f"/v1/bookings/{booking['id']}/attendance"
    moving_scenario.clock.instant = SECOND_DAY

    taken = await moving_scenario.provider.post(path, register("2027-03-03", learners))
    assert taken.status_code == 200, taken.text
    assert taken.json() == register("2027-03-03", learners)
    await school.client.post(path, register("2027-03-04", learners, 0))
    await school.client.post(path, register("2027-03-03", learners, 240))

    first = (await school.client.get(path, limit=1)).json()
    second = (await school.client.get(path, limit=1, cursor=first["next_cursor"])).json()
    assert first["items"] == [register("2027-03-03", learners, 240)]
    assert second["items"] == [register("2027-03-04", learners, 0)]
    assert second["next_cursor"] is None

    async def published() -> bool:
        events = await moving_scenario.published(AttendanceRecorded)
        minutes = [
            each.data.entries[0].minutes for each in events if isinstance(each.data, AttendanceRecorded)
        ]
        assert [each.sequence for each in events] == [3, 4, 5]
        return minutes == [300, 0, 240]

    await eventually(published)


async def test_a_register_that_cannot_be_true_is_refused(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(days=2)
    learners = await moving_scenario.learners(school, 2)
    booking = await moving_scenario.confirmed(school, session, learners)
    held = await moving_scenario.book(school, session, await moving_scenario.learners(school, 1))
    path = f"/v1/bookings/{booking['id']}/attendance"
    moving_scenario.clock.instant = datetime(2027, 3, 3, 16, tzinfo=UTC)

    wrong = {
        "attendance-incomplete": register("2027-03-03", learners[:1]),
        "attendance-too-early": register("2027-03-04", learners),
        "not-a-session-day": register("2027-03-02", learners),
        "minutes-beyond-day": register("2027-03-03", learners, 361),
    }
    for slug, body in wrong.items():
        answer = await school.client.post(path, body)
        assert (answer.status_code, answer.json()["slug"]) == (422, slug)
    answer = await school.client.post(f"/v1/bookings/{held['id']}/attendance", wrong["not-a-session-day"])
    assert (answer.status_code, answer.json()["slug"]) == (409, "booking-state-forbids")
    assert (await school.client.get(path)).json()["items"] == []


async def test_who_has_left_is_not_on_the_register(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session()
    one, two = await moving_scenario.learners(school, 2)
    booking = await moving_scenario.confirmed(school, session, [one, two])
    await school.client.post(f"/v1/bookings/{booking['id']}/departures", {"learner_ids": [one]})
    moving_scenario.clock.instant = SECOND_DAY
    path = f"/v1/bookings/{booking['id']}/attendance"

    assert (await school.client.post(path, register("2027-03-03", [one, two]))).status_code == 422
    assert (await school.client.post(path, register("2027-03-03", [two]))).status_code == 200
