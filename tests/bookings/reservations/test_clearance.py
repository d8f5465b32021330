"""What safeguarding's decision and the clock make of a booking."""

from datetime import date, timedelta

from shared.contracts.bookings import BookingChanged, BookingConfirmed, BookingEnded, BookingRequested
from shared.contracts.opportunities import SessionCancelled
from tests.bookings.scenario import Scenario
from tests.infra.polling import eventually

LATER = date(2027, 5, 5)  # after places that wait for a person are given up


async def test_a_granted_booking_is_confirmed_once_however_often_the_event_comes(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session(days=2)
    learners = await scenario.learners(school, 2)
    booking = await scenario.book(school, session, learners)

    (granted,) = await scenario.bookings.hear(scenario.cleared(booking))
    await scenario.settled(granted)
    await scenario.bookings.deliver(granted)
    await scenario.receive(scenario.cleared(booking))

    shown = (await school.client.get(f"/v1/bookings/{booking['id']}")).json()
    assert (shown["state"], shown["held_until"]) == ("confirmed", None)

    async def published() -> bool:
        (confirmed,) = await scenario.published(BookingConfirmed)
        assert isinstance(confirmed.data, BookingConfirmed)
        assert [str(each) for each in confirmed.data.learner_ids] == learners
        return [str(confirmed.data.first_day), str(confirmed.data.last_day)] == ["2027-03-03", "2027-03-04"]

    await eventually(published)


async def test_a_confirmed_booking_outlives_its_hold(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(places=1, first_day=LATER)
    one, two = await moving_scenario.learners(school, 2)
    confirmed = await moving_scenario.confirmed(school, session, [one])
    held = await moving_scenario.book(school, await moving_scenario.session(first_day=LATER), [two])
    await moving_scenario.receive(moving_scenario.referred(held))

    moving_scenario.clock.move(timedelta(days=49, minutes=1))

    await moving_scenario.reaches(held, "expired")
    assert await moving_scenario.state(confirmed) == "confirmed"


async def test_a_refused_booking_gives_its_places_back(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    learners = await scenario.learners(school, 1)
    booking = await scenario.book(school, session, learners)

    await scenario.receive(scenario.refused(booking, "dbs-missing"))

    shown = (await school.client.get(f"/v1/bookings/{booking['id']}")).json()
    assert (shown["state"], shown["reason_codes"]) == ("refused", ["dbs-missing"])
    assert await scenario.places(session) == (10, 0, 0)
    await scenario.book(school, session, learners)


async def test_a_grant_that_comes_too_late_revives_nothing(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(first_day=LATER)
    one, two = await moving_scenario.learners(school, 2)
    expired, withdrawn = (
        await moving_scenario.book(school, session, [one]),
        await moving_scenario.book(school, session, [two]),
    )
    await school.client.post(f"/v1/bookings/{withdrawn['id']}/withdrawal")
    await moving_scenario.receive(moving_scenario.referred(expired))
    moving_scenario.clock.move(timedelta(days=49, minutes=1))
    await moving_scenario.reaches(expired, "expired")

    await moving_scenario.receive(moving_scenario.cleared(expired), moving_scenario.cleared(withdrawn))

    assert (await moving_scenario.state(expired), await moving_scenario.state(withdrawn)) == (
        "expired",
        "withdrawn",
    )
    assert await moving_scenario.places(session) == (10, 0, 0)


async def test_a_referred_booking_keeps_its_places_while_a_person_decides(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(first_day=LATER)
    one, two = await moving_scenario.learners(school, 2)
    referred = await moving_scenario.book(school, session, [one])
    await moving_scenario.receive(moving_scenario.referred(referred))

    moving_scenario.clock.move(timedelta(days=49, minutes=-1))
    later = await moving_scenario.book(school, session, [two])
    await moving_scenario.receive(moving_scenario.referred(later))
    assert await moving_scenario.state(referred) == "awaiting_clearance"
    moving_scenario.clock.move(timedelta(minutes=1))

    await moving_scenario.reaches(referred, "expired")
    assert await moving_scenario.state(later) == "awaiting_clearance"


async def test_a_booking_is_confirmed_however_late_its_decision_is_heard(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(places=1)
    booking = await moving_scenario.book(school, session, await moving_scenario.learners(school, 1))

    moving_scenario.clock.move(timedelta(hours=5))

    async def asked_anew() -> bool:
        requested = [each.data for each in await moving_scenario.published(BookingRequested)]
        untils = [str(each.held_until) for each in requested if isinstance(each, BookingRequested)]
        return untils == ["2027-02-01 09:30:00+00:00", "2027-02-01 14:30:00+00:00"]

    await eventually(asked_anew)
    shown = (await school.client.get(f"/v1/bookings/{booking['id']}")).json()
    assert (shown["state"], shown["held_until"]) == ("awaiting_clearance", "2027-02-01T14:30:00Z")
    assert await moving_scenario.places(session) == (1, 1, 0)
    await moving_scenario.receive(moving_scenario.cleared(booking))
    assert await moving_scenario.state(booking) == "confirmed"


async def test_a_cancelled_session_ends_all_its_bookings(scenario: Scenario) -> None:
    school, other, session = (
        await scenario.school(),
        await scenario.school(),
        await scenario.session(places=2),
    )
    one, two = await scenario.learners(school, 2)
    confirmed = await scenario.confirmed(school, session, [one])
    held = await scenario.book(other, session, await scenario.learners(other, 1))
    waiting = await scenario.book(school, session, [two], join_waiting_list=True)

    await scenario.receive(
        SessionCancelled(
            session_id=session.session_id,
            opportunity_id=session.opportunity_id,
            provider_id=session.provider_id,
            reason_code="site-flooded",
        ),
        sequence=3,
    )

    for booking in (confirmed, held, waiting):
        assert await scenario.state(booking) == "cancelled"
    assert await scenario.places(session) == (2, 0, 0)
    left = "select count(*) from deadlines where tenant_id = any (:parties)"
    assert await scenario.sql(left, parties=[school.id, other.id, scenario.provider_id]) == 0
    await scenario.book(school, await scenario.session(), [one, two])

    async def published() -> bool:
        ended = [each.data for each in await scenario.published(BookingEnded)]
        assert all(each.reason_codes == ["site-flooded"] for each in ended if isinstance(each, BookingEnded))
        return len(ended) == 3

    await eventually(published)


async def test_a_confirmed_booking_is_cancelled_not_withdrawn(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    booking = await scenario.confirmed(school, session, await scenario.learners(school, 1))
    path = f"/v1/bookings/{booking['id']}"

    withdrawal = await school.client.post(f"{path}/withdrawal")
    cancellation = await school.client.post(f"{path}/cancellation", {"reason_code": "school-trip-moved"})
    again = await school.client.post(f"{path}/cancellation", {"reason_code": "school-trip-moved"})

    assert (withdrawal.status_code, withdrawal.json()["slug"]) == (409, "booking-state-forbids")
    assert withdrawal.json()["state"] == "confirmed"
    assert cancellation.json()["state"] == "cancelled"
    assert cancellation.json()["reason_codes"] == ["school-trip-moved"]
    assert again.status_code == 409
    assert await scenario.places(session) == (10, 0, 0)


async def test_learners_leave_a_booking_one_after_the_other(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    one, two = await scenario.learners(school, 2)
    booking = await scenario.confirmed(school, session, [one, two])
    path = f"/v1/bookings/{booking['id']}/departures"

    left = await school.client.post(path, {"learner_ids": [one]})
    stranger = await school.client.post(path, {"learner_ids": [one]})
    last = await school.client.post(path, {"learner_ids": [two]})

    assert (left.json()["state"], left.json()["learner_ids"]) == ("confirmed", [two])
    assert (stranger.status_code, stranger.json()["slug"]) == (422, "learner-not-on-booking")
    assert (last.json()["state"], last.json()["places"]) == ("cancelled", 0)
    assert await scenario.places(session) == (10, 0, 0)
    await scenario.book(school, session, [one])

    async def published() -> bool:
        (changed,) = await scenario.published(BookingChanged)
        assert isinstance(changed.data, BookingChanged)
        return [str(each) for each in changed.data.removed_learner_ids] == [one]

    await eventually(published)
