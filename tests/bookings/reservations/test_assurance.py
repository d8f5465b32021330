"""Trust in a provider's site: lost, regained, and what becomes of its bookings."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from shared.contracts.bookings import (
    BookingConfirmed,
    BookingEnded,
    BookingReinstated,
    BookingRequested,
    BookingSuspended,
)
from shared.contracts.safeguarding import (
    AssuranceLapsed,
    AssuranceReinstated,
    AssuranceSuspended,
)
from shared.contracts.vocabulary import Decision
from tests.bookings.scenario import Scenario, School
from tests.infra.polling import eventually


def about(scenario: Scenario, kind: Any, **more: Any) -> Any:
    """An event of the assurance that the scenario's site has."""
    return kind(
        assurance_id=scenario.assurances["low_risk"],
        provider_id=scenario.provider_id,
        site_id=scenario.site_id,
        activity_band="low_risk",
        **more,
    )


async def test_bookings_ahead_are_suspended_and_come_back_with_the_provider(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    other_band = await scenario.session(activity_band="higher_risk", first_day=date(2027, 4, 1))
    one, two, three = await scenario.learners(school, 3)
    confirmed = await scenario.confirmed(school, session, [one])
    held = await scenario.book(school, session, [two])
    beside = await scenario.confirmed(school, other_band, [three])

    lost = about(scenario, AssuranceSuspended, reason_code="concern-raised")
    await scenario.receive(lost, sequence=2)

    for booking in (confirmed, held):
        shown = (await school.client.get(f"/v1/bookings/{booking['id']}")).json()
        assert (shown["state"], shown["held_until"]) == ("suspended", None)
    assert await scenario.state(beside) == "confirmed"
    assert await scenario.places(session) == (10, 2, 0)
    listed = (await school.client.get("/v1/bookings", state="suspended")).json()["items"]
    assert {each["id"] for each in listed} == {confirmed["id"], held["id"]}

    back = about(scenario, AssuranceReinstated, valid_until=date(2027, 12, 31))
    await scenario.receive(back, sequence=3)
    await scenario.receive(lost, sequence=2)

    assert await scenario.state(confirmed) == "confirmed"
    assert await scenario.state(held) == "awaiting_clearance"

    async def published() -> bool:
        suspended = [each.data for each in await scenario.published(BookingSuspended)]
        assert {each.reason_code for each in suspended if isinstance(each, BookingSuspended)} == {
            "concern-raised"
        }
        assert {str(each.key) for each in suspended} == {confirmed["id"], held["id"]}
        asked = [str(each.data.key) for each in await scenario.published(BookingRequested)]
        assert asked.count(held["id"]) == 2
        reinstated = [str(each.data.key) for each in await scenario.published(BookingReinstated)]
        return reinstated == [confirmed["id"]]

    await eventually(published)


async def test_a_suspended_provider_takes_no_requests(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    learners = await scenario.learners(school, 1)
    lapsed = about(scenario, AssuranceLapsed, lapsed_on=date(2027, 1, 31))
    await scenario.receive(lapsed, sequence=2)

    asked = {"session_id": str(session.session_id), "learner_ids": learners}
    answer = await school.client.post("/v1/bookings", asked)
    assert (answer.status_code, answer.json()["slug"]) == (409, "provider-suspended")

    await scenario.receive(scenario.granted(uuid4()))
    await scenario.book(school, session, learners)


async def test_a_lapse_beside_its_renewal_changes_nothing(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    booking = await scenario.confirmed(school, session, await scenario.learners(school, 1))
    await scenario.receive(scenario.granted(uuid4()))

    await scenario.receive(about(scenario, AssuranceLapsed, lapsed_on=date(2027, 1, 31)), sequence=2)

    assert await scenario.state(booking) == "confirmed"


async def test_a_grant_on_its_way_while_trust_is_lost_confirms_only_after_its_return(
    scenario: Scenario,
) -> None:
    school, session = await scenario.school(), await scenario.session()
    booking = await scenario.book(school, session, await scenario.learners(school, 1))
    lost = about(scenario, AssuranceSuspended, reason_code="concern-raised")
    await scenario.receive(lost, sequence=2)

    await scenario.receive(scenario.cleared(booking))
    assert await scenario.state(booking) == "suspended_cleared"
    assert await scenario.published(BookingConfirmed) == []
    await scenario.receive(scenario.granted(), sequence=3)

    assert await scenario.state(booking) == "confirmed"

    async def published() -> bool:
        (confirmed,) = await scenario.published(BookingConfirmed)
        return bool(confirmed.data.key == booking["id"])

    await eventually(published)


async def test_a_suspended_booking_ends_when_its_session_begins_without_it(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session()
    booking = await moving_scenario.confirmed(school, session, await moving_scenario.learners(school, 1))
    lost = about(moving_scenario, AssuranceSuspended, reason_code="concern-raised")
    await moving_scenario.receive(lost, sequence=2)

    moving_scenario.clock.instant = datetime(2027, 3, 3, 9, 0, tzinfo=UTC)

    await moving_scenario.reaches(booking, "expired")
    assert await moving_scenario.places(session) == (10, 0, 0)

    async def published() -> bool:
        (ended,) = await moving_scenario.published(BookingEnded)
        return isinstance(ended.data, BookingEnded) and ended.data.reason_codes == ["session-began"]

    await eventually(published)


async def test_what_has_begun_is_not_suspended(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(days=2)
    booking = await moving_scenario.confirmed(school, session, await moving_scenario.learners(school, 1))
    moving_scenario.clock.instant = datetime(2027, 3, 3, 12, tzinfo=UTC)

    lost = about(moving_scenario, AssuranceSuspended, reason_code="concern-raised")
    await moving_scenario.receive(lost, sequence=2)

    assert await moving_scenario.state(booking) == "confirmed"


async def test_those_who_wait_are_called_when_the_provider_is_back(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session(places=1)
    one, two = await scenario.learners(school, 2)
    held = await scenario.book(school, session, [one])
    waiting = await scenario.book(school, session, [two], join_waiting_list=True)
    lost = about(scenario, AssuranceSuspended, reason_code="concern-raised")
    await scenario.receive(lost, sequence=2)
    await school.client.post(f"/v1/bookings/{held['id']}/withdrawal")

    await eventually(scenario.promotions_done)
    assert await scenario.state(waiting) == "waitlisted"
    await scenario.receive(scenario.granted(), sequence=3)

    await scenario.reaches(waiting, "awaiting_clearance")


async def test_a_thousand_bookings_are_suspended_together(scenario: Scenario) -> None:
    school = await scenario.school()
    session = await scenario.session(places=1000)
    await many_confirmed(scenario, school, session.session_id, 1000)
    lost = about(scenario, AssuranceSuspended, reason_code="concern-raised")

    await scenario.receive(lost, sequence=2)

    counted = "select count(*) from bookings where state = 'suspended'"
    assert await scenario.sql(counted, tenants=[scenario.provider_id]) == 1000

    async def published() -> bool:
        return len(await scenario.published(BookingSuspended)) == 1000

    await eventually(published, every=0.5)


async def many_confirmed(scenario: Scenario, school: School, session_id: UUID, count: int) -> None:
    """So many confirmed bookings, straight into the tables."""
    learners = await scenario.learners(school, count)
    values = {
        "school": school.id,
        "session": session_id,
        "learners": [UUID(each) for each in learners],
        "asked": scenario.clock.now() - timedelta(days=1),
    }
    async with scenario.bookings.runtime.database.session() as opened:
        await opened.execute(text("select set_config('app.tenants', :t, true)"), {"t": str(school.id)})
        await opened.execute(
            text(
                """
                with l as (select learner_id, gen_random_uuid() as booking_id
                           from unnest(cast(:learners as uuid[])) as l(learner_id)),
                s as (select * from sessions where session_id = :session),
                b as (
                  insert into bookings (booking_id, institution_id, provider_id, session_id, opportunity_id,
                    state, places, first_day, last_day, begins_at, asked_at, referred, reason_codes,
                    decision, version)
                  select l.booking_id, :school, s.provider_id, s.session_id, s.opportunity_id,
                    'confirmed', 1, s.first_day, s.last_day, s.begins_at,
                    cast(:asked as timestamptz), false, '{}',
                    '{"rule_pack": "p", "version": "1", "reason_codes": [], "inputs": {}}', 2
                  from l, s returning booking_id, institution_id, provider_id, session_id)
                insert into booking_learners (institution_id, provider_id, booking_id, session_id, learner_id,
                  under_16_on_every_day, of_compulsory_school_age, live)
                select b.institution_id, b.provider_id, b.booking_id, b.session_id, l.learner_id, true, true,
                  true
                from b join l using (booking_id)
                """
            ),
            values,
        )
        await opened.execute(
            text("update session_places set taken = taken + :n where session_id = :s"),
            {"n": count, "s": session_id},
        )
        await opened.commit()


async def test_a_grant_told_again_after_trust_was_lost_leaves_a_booking_that_took_place(
    moving_scenario: Scenario,
) -> None:
    scenario = moving_scenario
    school, session = await scenario.school(), await scenario.session()
    (learner,) = await scenario.learners(school, 1)
    booking = await scenario.confirmed(school, session, [learner])
    scenario.clock.move(timedelta(days=60))
    lost = about(scenario, AssuranceSuspended, reason_code="concern-raised")
    await scenario.receive(lost, sequence=2)
    assert await scenario.state(booking) == "confirmed"

    await scenario.receive(scenario.cleared(booking), sequence=9)

    assert await scenario.state(booking) == "confirmed"


async def test_a_grant_on_condition_of_a_renewal_goes_ahead_waits_at_the_lapse_and_comes_back_with_it(
    scenario: Scenario,
) -> None:
    school, session = await scenario.school(), await scenario.session()
    ends_before = scenario.granted().model_copy(update={"valid_until": date(2027, 2, 20)})
    await scenario.receive(ends_before, sequence=2)
    plain, renewing = [
        await scenario.book(school, session, [one]) for one in await scenario.learners(school, 2)
    ]
    decision = Decision(rule_pack="clearance", version="1", reason_codes=["assurance-to-be-renewed"])

    await scenario.receive(scenario.cleared(plain))
    await scenario.receive(scenario.cleared(renewing).model_copy(update={"decision": decision}))
    assert await scenario.state(plain) == "suspended"
    assert await scenario.state(renewing) == "confirmed"

    await scenario.receive(about(scenario, AssuranceLapsed, lapsed_on=date(2027, 2, 20)), sequence=3)
    assert await scenario.state(renewing) == "suspended"

    await scenario.receive(scenario.granted(), sequence=4)
    assert await scenario.state(renewing) == "confirmed"
