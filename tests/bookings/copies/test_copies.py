"""Copies of facts of other services: the newest of each counts, whatever the order of arrival."""

from shared.contracts.opportunities import OpportunityReinstated, OpportunitySuspended, OrganisationRecorded
from tests.bookings.scenario import Scenario


async def test_an_older_event_of_an_organisation_changes_nothing(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    learners = await scenario.learners(school, 1)
    closed = OrganisationRecorded(
        organisation_id=school.id, kind="institution", institution_type="academy", open=False
    )
    await scenario.receive(closed, sequence=5)
    await scenario.receive(closed.model_copy(update={"open": True}), sequence=4)

    asked = {"session_id": str(session.session_id), "learner_ids": learners}
    answer = await school.client.post("/v1/bookings", asked)

    assert (answer.json()["slug"], answer.json()["reason"]) == ("institution-not-eligible", "closed")
    await scenario.receive(closed.model_copy(update={"open": True}), sequence=6)
    await scenario.book(school, session, learners)


async def test_a_log_read_again_from_the_start_sells_no_place_twice(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session(places=2)
    await scenario.book(school, session, await scenario.learners(school, 1))
    suspended = OpportunitySuspended(
        opportunity_id=session.opportunity_id, provider_id=session.provider_id, reason_code="no-assurance"
    )
    back = OpportunityReinstated(opportunity_id=session.opportunity_id, provider_id=session.provider_id)
    await scenario.receive(suspended, sequence=3)
    await scenario.receive(back, sequence=4)

    await scenario.receive(session, sequence=2)
    await scenario.receive(suspended, sequence=3)

    assert await scenario.places(session) == (2, 1, 0)
    await scenario.book(school, session, await scenario.learners(school, 1))
