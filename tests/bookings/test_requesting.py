"""Asking for places over HTTP."""

from tests.bookings.world import World

from shared.contracts.bookings import BookingRequested, PlacesChanged
from tests.infra.polling import eventually


async def test_places_are_held_until_safeguarding_has_decided(world: World) -> None:
    school, session = await world.school(), await world.session(places=10)
    learners = await world.learners(school, 2)

    booking = await world.book(school, session, learners)

    assert booking["state"] == "awaiting_clearance"
    assert booking["learner_ids"] == learners
    assert booking["held_until"] == "2027-02-01T09:30:00Z"
    assert await world.places(session) == (10, 2, 0)

    async def said() -> bool:
        (requested,) = await world.bookings.said(BookingRequested)
        (places,) = await world.bookings.said(PlacesChanged)
        assert isinstance(requested.data, BookingRequested)
        assert [str(each.learner_id) for each in requested.data.learners] == learners
        assert all(each.under_16_on_every_day for each in requested.data.learners)
        assert all(each.of_compulsory_school_age for each in requested.data.learners)
        assert isinstance(places.data, PlacesChanged)
        return (places.data.places, places.data.taken) == (10, 2)

    await eventually(said)
