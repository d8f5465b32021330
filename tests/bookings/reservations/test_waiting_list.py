"""The waiting list of a full session: strict order, places passed on, an end by the session's day."""

from datetime import UTC, date, datetime, timedelta

from shared.contracts.bookings import BookingEnded, BookingRequested, BookingWaitlisted
from tests.bookings.scenario import Scenario
from tests.infra.polling import eventually


async def test_freed_places_go_to_whoever_of_any_school_asked_first(scenario: Scenario) -> None:
    first_school, second_school, third_school = [await scenario.school() for _ in range(3)]
    session = await scenario.session(places=2)
    holder = await scenario.book(first_school, session, await scenario.learners(first_school, 2))
    pair = await scenario.book(
        second_school, session, await scenario.learners(second_school, 2), join_waiting_list=True
    )
    single = await scenario.book(
        third_school, session, await scenario.learners(third_school, 1), join_waiting_list=True
    )
    assert (pair["state"], single["state"]) == ("waitlisted", "waitlisted")
    assert pair["held_until"] is None
    assert await scenario.places(session) == (2, 2, 2)

    withdrawn = await first_school.client.post(f"/v1/bookings/{holder['id']}/withdrawal")

    assert withdrawn.json()["state"] == "withdrawn"
    await scenario.reaches(pair, "awaiting_clearance")
    assert await scenario.state(single) == "waitlisted"
    assert await scenario.places(session) == (2, 2, 1)

    async def published() -> bool:
        waited = [str(each.data.key) for each in await scenario.published(BookingWaitlisted)]
        asked = [str(each.data.key) for each in await scenario.published(BookingRequested)]
        return set(waited) == {pair["id"], single["id"]} and asked == [holder["id"], pair["id"]]

    await eventually(published)


async def test_a_large_group_in_front_is_not_passed_by_smaller_ones(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session(places=3)
    learners = await scenario.learners(school, 8)
    holders = [await scenario.book(school, session, [each]) for each in learners[:3]]
    group = await scenario.book(school, session, learners[3:6], join_waiting_list=True)
    single = await scenario.book(school, session, learners[6:7], join_waiting_list=True)

    for holder in holders[:2]:
        await school.client.post(f"/v1/bookings/{holder['id']}/withdrawal")
    newcomer = {"session_id": str(session.session_id), "learner_ids": learners[7:]}
    answer = await school.client.post("/v1/bookings", newcomer)

    assert (answer.json()["slug"], answer.json()["places_left"], answer.json()["waiting"]) == (
        "no-places-left", 2, 2,
    )  # fmt: skip
    assert (await scenario.state(group), await scenario.state(single)) == ("waitlisted", "waitlisted")
    await school.client.post(f"/v1/bookings/{group['id']}/withdrawal")
    await scenario.reaches(single, "awaiting_clearance")
    assert await scenario.places(session) == (3, 2, 0)


async def test_an_expired_hold_s_places_are_passed_on(moving_scenario: Scenario) -> None:
    school, session = (
        await moving_scenario.school(),
        await moving_scenario.session(places=1, first_day=date(2027, 5, 5)),
    )
    one, two = await moving_scenario.learners(school, 2)
    held = await moving_scenario.book(school, session, [one])
    waiting = await moving_scenario.book(school, session, [two], join_waiting_list=True)
    await moving_scenario.receive(moving_scenario.referred(held))

    moving_scenario.clock.move(timedelta(days=49, minutes=1))

    await moving_scenario.reaches(held, "expired")
    await moving_scenario.reaches(waiting, "awaiting_clearance")
    shown = (await school.client.get(f"/v1/bookings/{waiting['id']}")).json()
    assert shown["held_until"] == "2027-03-22T09:31:00Z"


async def test_a_turn_passes_whose_learners_have_been_booked_elsewhere_since(scenario: Scenario) -> None:
    school, session, elsewhere = (
        await scenario.school(),
        await scenario.session(places=1),
        await scenario.session(),
    )
    one, two, three = await scenario.learners(school, 3)
    held = await scenario.book(school, session, [one])
    busy = await scenario.book(school, session, [two], join_waiting_list=True)
    behind = await scenario.book(school, session, [three], join_waiting_list=True)
    await scenario.book(school, elsewhere, [two])

    await school.client.post(f"/v1/bookings/{held['id']}/withdrawal")

    await scenario.reaches(behind, "awaiting_clearance")
    ended = (await school.client.get(f"/v1/bookings/{busy['id']}")).json()
    assert (ended["state"], ended["reason_codes"]) == ("refused", ["learner-busy"])
    assert await scenario.places(session) == (1, 1, 0)


async def test_a_booking_that_still_waits_on_the_session_s_day_expires(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(places=1)
    one, two = await moving_scenario.learners(school, 2)
    await moving_scenario.confirmed(school, session, [one])
    waiting = await moving_scenario.book(school, session, [two], join_waiting_list=True)

    moving_scenario.clock.instant = datetime(2027, 3, 3, 0, 1, tzinfo=UTC)

    await moving_scenario.reaches(waiting, "expired")
    assert await moving_scenario.places(session) == (1, 1, 0)

    async def published() -> bool:
        (ended,) = await moving_scenario.published(BookingEnded)
        assert isinstance(ended.data, BookingEnded)
        return (str(ended.data.booking_id), ended.data.reason_codes) == (waiting["id"], ["session-began"])

    await eventually(published)
