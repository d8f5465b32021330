"""Copies of facts of other services: the newest of each counts, whatever the order of arrival."""

from shared.contracts.opportunities import OpportunityReinstated, OpportunitySuspended, OrganisationRecorded
from tests.bookings.world import World


async def test_an_older_event_of_an_organisation_changes_nothing(world: World) -> None:
    school, session = await world.school(), await world.session()
    learners = await world.learners(school, 1)
    closed = OrganisationRecorded(
        organisation_id=school.id, kind="institution", institution_type="academy", open=False
    )
    await world.hear(closed, sequence=5)
    await world.hear(closed.model_copy(update={"open": True}), sequence=4)

    asked = {"session_id": str(session.session_id), "learner_ids": learners}
    answer = await school.client.post("/v1/bookings", asked)

    assert (answer.json()["slug"], answer.json()["reason"]) == ("institution-not-eligible", "closed")
    await world.hear(closed.model_copy(update={"open": True}), sequence=6)
    await world.book(school, session, learners)


async def test_a_log_read_again_from_the_start_sells_no_place_twice(world: World) -> None:
    school, session = await world.school(), await world.session(places=2)
    await world.book(school, session, await world.learners(school, 1))
    suspended = OpportunitySuspended(
        opportunity_id=session.opportunity_id, provider_id=session.provider_id, reason_code="no-assurance"
    )
    back = OpportunityReinstated(opportunity_id=session.opportunity_id, provider_id=session.provider_id)
    await world.hear(suspended, sequence=3)
    await world.hear(back, sequence=4)

    await world.hear(session, sequence=2)
    await world.hear(suspended, sequence=3)

    assert await world.places(session) == (2, 1, 0)
    await world.book(school, session, await world.learners(school, 1))
