"""What is learnt after a booking was confirmed: its clearance is revoked, an age is corrected, trust ends."""

from datetime import UTC, date, datetime
from typing import Any

from shared.contracts.bookings import BookingChanged, BookingSuspended
from shared.contracts.safeguarding import AssuranceLapsed, ClearanceConditionsSet
from shared.contracts.vocabulary import Decision
from tests.bookings.reservations.test_assurance import about
from tests.bookings.scenario import NOW, Scenario, roster_row, upn
from tests.infra.polling import eventually


async def shown(school: Any, booking: Any) -> Any:
    return (await school.client.get(f"/v1/bookings/{booking['id']}")).json()


async def test_a_revoked_clearance_suspends_and_a_new_grant_confirms(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    booking = await scenario.confirmed(school, session, await scenario.learners(school, 1))
    assert (await shown(school, booking))["conditions"] == ["assured"]

    await scenario.receive(scenario.revoked(booking), sequence=2)
    await scenario.receive(scenario.cleared(booking), sequence=1)

    revoked = await shown(school, booking)
    assert (revoked["state"], revoked["conditions"]) == ("suspended", [])
    assert await scenario.places(session) == (10, 1, 0)

    async def published() -> bool:
        (suspended,) = [each.data for each in await scenario.published(BookingSuspended)]
        return isinstance(suspended, BookingSuspended) and suspended.reason_code == "clearance-revoked"

    await eventually(published)
    await scenario.receive(scenario.cleared(booking), sequence=3)
    assert await scenario.state(booking) == "confirmed"


async def test_what_is_revoked_under_way_is_suspended_and_keeps_the_days_before(
    moving_scenario: Scenario,
) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(days=3)
    learners = await moving_scenario.learners(school, 1)
    booking = await moving_scenario.confirmed(school, session, learners)
    moving_scenario.clock.instant = datetime(2027, 3, 4, 12, tzinfo=UTC)

    await moving_scenario.receive(moving_scenario.revoked(booking), sequence=2)

    assert await moving_scenario.state(booking) == "suspended_revoked"
    entries = [{"learner_id": learners[0], "attended": True, "minutes": 300}]
    register = {"on": "2027-03-03", "entries": entries}
    answer = await school.client.post(f"/v1/bookings/{booking['id']}/attendance", register)
    assert answer.status_code == 200, answer.text


async def test_other_conditions_are_shown_and_told(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    booking = await scenario.confirmed(school, session, await scenario.learners(school, 1))
    decision = Decision(rule_pack="clearance", version="1", reason_codes=["assured", "dbs-required"])
    same = scenario.cleared(booking).model_dump() | {"decision": decision}

    await scenario.receive(ClearanceConditionsSet.model_validate(same), sequence=2)

    assert (await shown(school, booking))["conditions"] == ["assured", "dbs-required"]

    async def published() -> bool:
        (changed,) = [each.data for each in await scenario.published(BookingChanged)]
        assert isinstance(changed, BookingChanged)
        return (changed.conditions, changed.removed_learner_ids) == (["assured", "dbs-required"], [])

    await eventually(published)


async def test_a_corrected_birth_date_changes_the_age_on_a_booking_and_is_told(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    given = roster_row(1, upn=upn(), birth_date="2010-09-15")
    await scenario.receive(scenario.row(school, given))
    (learner,) = (await school.client.get("/v1/learners")).json()["items"]
    booking = await scenario.confirmed(school, session, [learner["id"]])

    await scenario.receive(scenario.row(school, given | {"birth_date": "2012-09-15"}), sequence=2)

    young = "select under_16_on_every_day from booking_learners where booking_id = :id"
    assert await scenario.sql(young, tenants=[school.id], id=booking["id"]) is True

    async def published() -> bool:
        (changed,) = [each.data for each in await scenario.published(BookingChanged)]
        assert isinstance(changed, BookingChanged)
        return changed.learners[0].under_16_on_every_day

    await eventually(published)


async def test_only_what_lies_within_the_renewed_assurance_is_reinstated(scenario: Scenario) -> None:
    school = await scenario.school()
    near, far = await scenario.session(), await scenario.session(first_day=date(2027, 6, 1))
    one, two = await scenario.learners(school, 2)
    within, beyond = (
        await scenario.confirmed(school, near, [one]),
        await scenario.confirmed(school, far, [two]),
    )
    await scenario.receive(about(scenario, AssuranceLapsed, lapsed_on=NOW.date()), sequence=2)

    renewed = scenario.granted().model_copy(update={"valid_until": date(2027, 4, 30)})
    await scenario.receive(renewed, sequence=3)

    assert (await scenario.state(within), await scenario.state(beyond)) == ("confirmed", "suspended")
