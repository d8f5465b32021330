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
    AssuranceGranted,
    AssuranceLapsed,
    AssuranceReinstated,
    AssuranceSuspended,
)
from tests.bookings.world import CLEARED, School, World
from tests.infra.polling import eventually


def told(world: World, kind: Any, assurance_id: UUID, **more: Any) -> Any:
    return kind(
        assurance_id=assurance_id,
        provider_id=world.provider_id,
        site_id=world.site_id,
        activity_band="low_risk",
        **more,
    )


def granted(world: World, assurance_id: UUID) -> Any:
    days = {"valid_from": date(2027, 1, 1), "valid_until": date(2027, 12, 31)}
    return told(world, AssuranceGranted, assurance_id, decision=CLEARED, **days)


async def test_bookings_ahead_are_suspended_and_come_back_with_the_provider(world: World) -> None:
    school, session, assurance = await world.school(), await world.session(), uuid4()
    other_band = await world.session(activity_band="higher_risk", first_day=date(2027, 4, 1))
    one, two, three = await world.learners(school, 3)
    confirmed = await world.confirmed(school, session, [one])
    held = await world.book(school, session, [two])
    beside = await world.confirmed(school, other_band, [three])

    lost = told(world, AssuranceSuspended, assurance, reason_code="concern-raised")
    await world.hear(lost, sequence=2)

    for booking in (confirmed, held):
        shown = (await school.client.get(f"/v1/bookings/{booking['id']}")).json()
        assert (shown["state"], shown["held_until"]) == ("suspended", None)
    assert await world.state(beside) == "confirmed"
    assert await world.places(session) == (10, 2, 0)
    listed = (await school.client.get("/v1/bookings", state="suspended")).json()["items"]
    assert {each["id"] for each in listed} == {confirmed["id"], held["id"]}

    back = told(world, AssuranceReinstated, assurance, valid_until=date(2027, 12, 31))
    await world.hear(back, sequence=3)
    await world.hear(lost, sequence=2)

    assert await world.state(confirmed) == "confirmed"
    assert await world.state(held) == "awaiting_clearance"

    async def said() -> bool:
        suspended = [each.data for each in await world.said(BookingSuspended)]
        assert {each.reason_code for each in suspended if isinstance(each, BookingSuspended)} == {
            "concern-raised"
        }
        assert {str(each.key) for each in suspended} == {confirmed["id"], held["id"]}
        asked = [str(each.data.key) for each in await world.said(BookingRequested)]
        assert asked.count(held["id"]) == 2
        reinstated = [str(each.data.key) for each in await world.said(BookingReinstated)]
        return reinstated == [confirmed["id"]]

    await eventually(said)


async def test_a_suspended_provider_takes_no_requests(world: World) -> None:
    school, session = await world.school(), await world.session()
    learners = await world.learners(school, 1)
    lapsed = told(world, AssuranceLapsed, uuid4(), lapsed_on=date(2027, 1, 31))
    await world.hear(lapsed, sequence=2)

    asked = {"session_id": str(session.session_id), "learner_ids": learners}
    answer = await school.client.post("/v1/bookings", asked)
    assert (answer.status_code, answer.json()["slug"]) == (409, "provider-suspended")

    await world.hear(granted(world, uuid4()))
    await world.book(school, session, learners)


async def test_a_lapse_beside_its_renewal_changes_nothing(world: World) -> None:
    school, session, old, new = await world.school(), await world.session(), uuid4(), uuid4()
    booking = await world.confirmed(school, session, await world.learners(school, 1))
    await world.hear(granted(world, old))
    await world.hear(granted(world, new))

    await world.hear(told(world, AssuranceLapsed, old, lapsed_on=date(2027, 1, 31)), sequence=2)

    assert await world.state(booking) == "confirmed"


async def test_a_grant_on_its_way_while_trust_is_lost_confirms_only_after_its_return(world: World) -> None:
    school, session, assurance = await world.school(), await world.session(), uuid4()
    booking = await world.book(school, session, await world.learners(school, 1))
    lost = told(world, AssuranceSuspended, assurance, reason_code="concern-raised")
    await world.hear(lost, sequence=2)

    await world.hear(world.cleared(booking))
    assert await world.state(booking) == "suspended_cleared"
    assert await world.said(BookingConfirmed) == []
    await world.hear(granted(world, assurance), sequence=3)

    assert await world.state(booking) == "confirmed"

    async def said() -> bool:
        (confirmed,) = await world.said(BookingConfirmed)
        return bool(confirmed.data.key == booking["id"])

    await eventually(said)


async def test_a_suspended_booking_ends_when_its_session_begins_without_it(moving_world: World) -> None:
    school, session = await moving_world.school(), await moving_world.session()
    booking = await moving_world.confirmed(school, session, await moving_world.learners(school, 1))
    lost = told(moving_world, AssuranceSuspended, uuid4(), reason_code="concern-raised")
    await moving_world.hear(lost, sequence=2)

    moving_world.clock.instant = datetime(2027, 3, 3, 9, 0, tzinfo=UTC)

    await moving_world.reaches(booking, "expired")
    assert await moving_world.places(session) == (10, 0, 0)

    async def said() -> bool:
        (ended,) = await moving_world.said(BookingEnded)
        return isinstance(ended.data, BookingEnded) and ended.data.reason_codes == ["session-began"]

    await eventually(said)


async def test_what_has_begun_is_not_suspended(moving_world: World) -> None:
    school, session = await moving_world.school(), await moving_world.session(days=2)
    booking = await moving_world.confirmed(school, session, await moving_world.learners(school, 1))
    moving_world.clock.instant = datetime(2027, 3, 3, 12, tzinfo=UTC)

    lost = told(moving_world, AssuranceSuspended, uuid4(), reason_code="concern-raised")
    await moving_world.hear(lost, sequence=2)

    assert await moving_world.state(booking) == "confirmed"


async def test_those_who_wait_are_called_when_the_provider_is_back(world: World) -> None:
    school, session, assurance = await world.school(), await world.session(places=1), uuid4()
    one, two = await world.learners(school, 2)
    held = await world.book(school, session, [one])
    waiting = await world.book(school, session, [two], join_waiting_list=True)
    lost = told(world, AssuranceSuspended, assurance, reason_code="concern-raised")
    await world.hear(lost, sequence=2)
    await school.client.post(f"/v1/bookings/{held['id']}/withdrawal")

    await eventually(world.lines_called)
    assert await world.state(waiting) == "waitlisted"
    await world.hear(granted(world, assurance), sequence=3)

    await world.reaches(waiting, "awaiting_clearance")


async def test_a_thousand_bookings_are_suspended_together(world: World) -> None:
    school = await world.school()
    session = await world.session(places=1000)
    await many_confirmed(world, school, session.session_id, 1000)
    lost = told(world, AssuranceSuspended, uuid4(), reason_code="concern-raised")

    await world.hear(lost, sequence=2)

    counted = "select count(*) from bookings where state = 'suspended'"
    assert await world.sql(counted, tenants=[world.provider_id]) == 1000

    async def said() -> bool:
        return len(await world.said(BookingSuspended)) == 1000

    await eventually(said, within=20, every=0.5)


async def many_confirmed(world: World, school: School, session_id: UUID, count: int) -> None:
    """So many confirmed bookings, straight into the tables."""
    learners = await world.learners(school, count)
    values = {
        "school": school.id,
        "session": session_id,
        "learners": [UUID(each) for each in learners],
        "begins": datetime(2027, 3, 3, 9, tzinfo=UTC),
        "asked": world.clock.now() - timedelta(days=1),
    }
    async with world.bookings.runtime.database.session() as opened:
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
                    'confirmed', 1, s.first_day, s.last_day, cast(:begins as timestamptz),
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
