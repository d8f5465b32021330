"""What `bookings` makes of what it said, where a restored database does not know of it."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from shared.contracts.bookings import (
    BookingChanged,
    BookingEnded,
    BookingRequested,
    LearnerErased,
    PlacesChanged,
)
from shared.contracts.vocabulary import Decision, LearnerOnBooking
from tests.bookings.scenario import NOW, Scenario
from tests.infra.polling import eventually
from tests.infra.restoring import settle


def requested(institution: UUID, held_until: datetime = NOW + timedelta(days=1)) -> BookingRequested:
    """A booking that nobody has here."""
    learner = LearnerOnBooking(learner_id=uuid4(), under_16_on_every_day=True, of_compulsory_school_age=True)
    return BookingRequested(
        booking_id=uuid4(),
        session_id=uuid4(),
        opportunity_id=uuid4(),
        institution_id=institution,
        provider_id=uuid4(),
        learners=[learner],
        held_until=held_until,
        decision=Decision(rule_pack="booking-eligibility", version="1", reason_codes=["eligible"]),
    )


async def test_a_booking_that_was_lost_is_told_to_have_ended(scenario: Scenario) -> None:
    school = await scenario.school()
    lost = requested(school.id)
    await settle(scenario.bookings, lost)

    async def ended() -> bool:
        told = [each.data for each in await scenario.published(BookingEnded)]
        return [(each.booking_id, each.reason_codes) for each in told if isinstance(each, BookingEnded)] == [
            (lost.booking_id, ["lost-in-restore"])
        ]

    await eventually(ended)


async def test_a_booking_that_is_known_is_left_as_it_is(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    booking = await scenario.book(school, session, await scenario.learners(school, 1))
    ids = {"booking_id": UUID(booking["id"]), "session_id": session.session_id}
    said = requested(school.id).model_copy(update=ids | {"provider_id": scenario.provider_id})

    await settle(scenario.bookings, said)

    assert await scenario.state(booking) == "awaiting_clearance"


async def test_an_end_that_others_heard_stays_and_its_places_are_free(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    booking = await scenario.confirmed(school, session, await scenario.learners(school, 2))
    ended = BookingEnded(
        booking_id=booking["id"],
        session_id=session.session_id,
        opportunity_id=session.opportunity_id,
        institution_id=school.id,
        provider_id=scenario.provider_id,
        state="cancelled",
        reason_codes=["trip-moved"],
    )

    await settle(scenario.bookings, ended, ended)

    shown = (await school.client.get(f"/v1/bookings/{booking['id']}")).json()
    assert (shown["state"], shown["reason_codes"]) == ("cancelled", ["trip-moved"])
    assert await scenario.places(session) == (10, 0, 0)


async def test_learners_of_whom_others_heard_that_they_left_have_left(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    stays, left = await scenario.learners(school, 2)
    booking = await scenario.confirmed(school, session, [stays, left])
    changed = BookingChanged(
        booking_id=booking["id"],
        session_id=session.session_id,
        opportunity_id=session.opportunity_id,
        institution_id=school.id,
        provider_id=scenario.provider_id,
        learner_ids=[UUID(stays)],
        removed_learner_ids=[UUID(left)],
    )

    await settle(scenario.bookings, changed, changed)

    assert await scenario.places(session) == (10, 1, 0)


async def test_a_learner_who_was_erased_is_erased_again(scenario: Scenario) -> None:
    school = await scenario.school()
    (learner,) = await scenario.learners(school, 1)
    erased = LearnerErased(learner_id=UUID(learner), institution_id=school.id)

    await settle(scenario.bookings, erased, erased)

    assert (await school.client.get("/v1/learners")).json()["items"] == []


async def test_places_are_counted_anew_also_of_a_session_that_is_not_here_yet(scenario: Scenario) -> None:
    unheard = uuid4()
    scenario.own.add(unheard)
    said = PlacesChanged(session_id=unheard, opportunity_id=uuid4(), places=10, taken=3)

    await settle(scenario.bookings, said)

    async def told() -> bool:
        found = [each.data for each in await scenario.published(PlacesChanged)]
        return [each.taken for each in found if isinstance(each, PlacesChanged)] == [0]

    await eventually(told)
