"""What safeguarding's decision and the clock make of a booking."""

from datetime import timedelta

from shared.contracts.bookings import BookingChanged, BookingConfirmed, BookingEnded
from shared.contracts.opportunities import SessionCancelled
from tests.bookings.world import World
from tests.infra.polling import eventually


async def test_a_granted_booking_is_confirmed_once_however_often_it_is_told(world: World) -> None:
    school, session = await world.school(), await world.session(days=2)
    learners = await world.learners(school, 2)
    booking = await world.book(school, session, learners)

    (granted,) = await world.bookings.hear(world.cleared(booking))
    await world.settled(granted)
    await world.bookings.deliver(granted)
    await world.hear(world.cleared(booking))

    shown = (await school.client.get(f"/v1/bookings/{booking['id']}")).json()
    assert (shown["state"], shown["held_until"]) == ("confirmed", None)

    async def said() -> bool:
        (confirmed,) = await world.said(BookingConfirmed)
        assert isinstance(confirmed.data, BookingConfirmed)
        assert [str(each) for each in confirmed.data.learner_ids] == learners
        return [str(confirmed.data.first_day), str(confirmed.data.last_day)] == ["2027-03-03", "2027-03-04"]

    await eventually(said)


async def test_a_confirmed_booking_outlives_its_hold(moving_world: World) -> None:
    school, session = await moving_world.school(), await moving_world.session(places=1)
    one, two = await moving_world.learners(school, 2)
    confirmed = await moving_world.confirmed(school, session, [one])
    held = await moving_world.book(school, await moving_world.session(), [two])

    moving_world.clock.move(timedelta(minutes=31))

    await moving_world.reaches(held, "expired")
    assert await moving_world.state(confirmed) == "confirmed"


async def test_a_refused_booking_gives_its_places_back(world: World) -> None:
    school, session = await world.school(), await world.session()
    learners = await world.learners(school, 1)
    booking = await world.book(school, session, learners)

    await world.hear(world.refused(booking, "dbs-missing"))

    shown = (await school.client.get(f"/v1/bookings/{booking['id']}")).json()
    assert (shown["state"], shown["reason_codes"]) == ("refused", ["dbs-missing"])
    assert await world.places(session) == (10, 0, 0)
    await world.book(school, session, learners)


async def test_a_grant_that_comes_too_late_revives_nothing(moving_world: World) -> None:
    school, session = await moving_world.school(), await moving_world.session()
    one, two = await moving_world.learners(school, 2)
    expired, withdrawn = (
        await moving_world.book(school, session, [one]),
        await moving_world.book(school, session, [two]),
    )
    await school.client.post(f"/v1/bookings/{withdrawn['id']}/withdrawal")
    moving_world.clock.move(timedelta(minutes=31))
    await moving_world.reaches(expired, "expired")

    await moving_world.hear(moving_world.cleared(expired), moving_world.cleared(withdrawn))

    assert (await moving_world.state(expired), await moving_world.state(withdrawn)) == (
        "expired",
        "withdrawn",
    )
    assert await moving_world.places(session) == (10, 0, 0)


async def test_a_referred_booking_keeps_its_places_while_a_person_decides(moving_world: World) -> None:
    school, session = await moving_world.school(), await moving_world.session()
    one, two = await moving_world.learners(school, 2)
    referred, other = (
        await moving_world.book(school, session, [one]),
        await moving_world.book(school, session, [two]),
    )
    await moving_world.hear(moving_world.referred(referred))

    moving_world.clock.move(timedelta(minutes=31))
    await moving_world.reaches(other, "expired")
    assert await moving_world.state(referred) == "awaiting_clearance"
    moving_world.clock.move(timedelta(days=3))

    await moving_world.reaches(referred, "expired")


async def test_a_cancelled_session_ends_all_its_bookings(world: World) -> None:
    school, other, session = await world.school(), await world.school(), await world.session(places=2)
    one, two = await world.learners(school, 2)
    confirmed = await world.confirmed(school, session, [one])
    held = await world.book(other, session, await world.learners(other, 1))
    waiting = await world.book(school, session, [two], join_waiting_list=True)

    await world.hear(
        SessionCancelled(
            session_id=session.session_id,
            opportunity_id=session.opportunity_id,
            provider_id=session.provider_id,
            reason_code="site-flooded",
        ),
        sequence=3,
    )

    for booking in (confirmed, held, waiting):
        assert await world.state(booking) == "cancelled"
    assert await world.places(session) == (2, 0, 0)
    left = "select count(*) from deadlines where tenant_id = any (:parties)"
    assert await world.sql(left, parties=[school.id, other.id, world.provider_id]) == 0
    await world.book(school, await world.session(), [one, two])

    async def said() -> bool:
        ended = [each.data for each in await world.said(BookingEnded)]
        assert all(each.reason_codes == ["site-flooded"] for each in ended if isinstance(each, BookingEnded))
        return len(ended) == 3

    await eventually(said)


async def test_a_confirmed_booking_is_cancelled_not_withdrawn(world: World) -> None:
    school, session = await world.school(), await world.session()
    booking = await world.confirmed(school, session, await world.learners(school, 1))
    path = f"/v1/bookings/{booking['id']}"

    withdrawal = await school.client.post(f"{path}/withdrawal")
    cancellation = await school.client.post(f"{path}/cancellation", {"reason_code": "school-trip-moved"})
    again = await school.client.post(f"{path}/cancellation", {"reason_code": "school-trip-moved"})

    assert (withdrawal.status_code, withdrawal.json()["slug"]) == (409, "booking-state-forbids")
    assert withdrawal.json()["state"] == "confirmed"
    assert cancellation.json()["state"] == "cancelled"
    assert cancellation.json()["reason_codes"] == ["school-trip-moved"]
    assert again.status_code == 409
    assert await world.places(session) == (10, 0, 0)


async def test_learners_leave_a_booking_one_after_the_other(world: World) -> None:
    school, session = await world.school(), await world.session()
    one, two = await world.learners(school, 2)
    booking = await world.confirmed(school, session, [one, two])
    path = f"/v1/bookings/{booking['id']}/departures"

    left = await school.client.post(path, {"learner_ids": [one]})
    stranger = await school.client.post(path, {"learner_ids": [one]})
    last = await school.client.post(path, {"learner_ids": [two]})

    assert (left.json()["state"], left.json()["learner_ids"]) == ("confirmed", [two])
    assert (stranger.status_code, stranger.json()["slug"]) == (422, "learner-not-on-booking")
    assert (last.json()["state"], last.json()["places"]) == ("cancelled", 0)
    assert await world.places(session) == (10, 0, 0)
    await world.book(school, session, [one])

    async def said() -> bool:
        (changed,) = await world.said(BookingChanged)
        assert isinstance(changed.data, BookingChanged)
        return [str(each) for each in changed.data.removed_learner_ids] == [one]

    await eventually(said)
