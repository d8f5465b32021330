"""Who leaves, returns or comes under another UPN: matched by the school's own id, or reported."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from shared.contracts.bookings import BookingEnded, LearnerRecorded
from tests.bookings.scenario import Scenario, School, roster_row, upn
from tests.infra.polling import eventually

LEAVES = {"upn": None, "given_name": "", "family_name": "", "birth_date": None, "year_group": None} | {
    "status": "tobedeleted"
}


async def on_roll(school: School) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await school.client.get("/v1/learners")).json()["items"]
    return items


async def test_a_deletion_by_the_schools_own_id_alone_finds_the_learner(scenario: Scenario) -> None:
    school, roster_id = await scenario.school(), uuid4()
    await scenario.receive(scenario.row(school, roster_row(1, upn=upn())))

    await scenario.receive(scenario.row(school, roster_row(1, **LEAVES), roster_id=roster_id), sequence=2)

    assert await on_roll(school) == []
    assert (await school.client.get(f"/v1/applied-rosters/{roster_id}")).json()["failed"] == 0


async def test_a_deletion_that_matches_nobody_is_reported(scenario: Scenario) -> None:
    school, roster_id = await scenario.school(), uuid4()

    await scenario.receive(scenario.row(school, roster_row(1, **LEAVES), roster_id=roster_id))

    progress = (await school.client.get(f"/v1/applied-rosters/{roster_id}")).json()
    assert progress["failures"] == [{"row": 1, "reason_code": "learner-not-matched"}]


async def test_another_schools_id_finds_nobody_here(scenario: Scenario) -> None:
    school, other = await scenario.school(), await scenario.school()
    await scenario.receive(scenario.row(school, roster_row(1, upn=upn())))

    await scenario.receive(scenario.row(other, roster_row(1, **LEAVES)), sequence=2)

    assert len(await on_roll(school)) == 1


async def test_a_changed_temporary_or_missing_upn_makes_no_second_child(scenario: Scenario) -> None:
    school = await scenario.school()
    await scenario.receive(scenario.row(school, roster_row(1, upn=upn())))
    (learner,) = await on_roll(school)

    for sequence, number in enumerate([upn(), None, upn()], start=2):
        await scenario.receive(scenario.row(school, roster_row(1, upn=number)), sequence=sequence)

    assert [each["id"] for each in await on_roll(school)] == [learner["id"]]


async def test_an_id_given_to_another_child_finds_that_child(scenario: Scenario) -> None:
    school = await scenario.school()
    await scenario.receive(scenario.row(school, roster_row(1, upn=upn())))
    (first,) = await on_roll(school)
    await scenario.receive(scenario.row(school, roster_row(1, **LEAVES)), sequence=2)

    another = roster_row(1, upn=upn(), birth_date="2012-05-01")
    await scenario.receive(scenario.row(school, another), sequence=3)

    (second,) = await on_roll(school)
    assert second["id"] != first["id"]


async def test_a_child_who_left_and_returns_is_the_same_learner_again(scenario: Scenario) -> None:
    school, elsewhere, number = await scenario.school(), await scenario.school(), upn()
    await scenario.receive(scenario.row(school, roster_row(1, upn=number)))
    (learner,) = await on_roll(school)
    await scenario.receive(scenario.row(school, roster_row(1, **LEAVES)), sequence=2)
    await scenario.receive(scenario.row(elsewhere, roster_row(7, upn=number)))

    await scenario.receive(scenario.row(elsewhere, roster_row(7, **LEAVES)), sequence=2)
    await scenario.receive(scenario.row(school, roster_row(1, upn=number)), sequence=3)

    assert [each["id"] for each in await on_roll(school)] == [learner["id"]]
    holder = "select institution_id from pseudonyms where learner_id = cast(:id as uuid)"
    assert await scenario.sql(holder, id=learner["id"]) == school.id


async def test_a_child_whom_another_school_claimed_and_let_go_is_the_first_schools_again(
    scenario: Scenario,
) -> None:
    first, second, number = await scenario.school(), await scenario.school(), upn()
    await scenario.receive(scenario.row(first, roster_row(1, upn=number)))
    await scenario.receive(scenario.row(second, roster_row(7, upn=number)))
    await scenario.receive(scenario.row(second, roster_row(7, upn=number, status="tobedeleted")), sequence=2)

    await scenario.receive(scenario.row(first, roster_row(1, upn=number)), sequence=2)

    async def told() -> bool:
        said = [each.data for each in await scenario.published(LearnerRecorded)]
        facts = [(each.institution_id, each.on_roll) for each in said if isinstance(each, LearnerRecorded)]
        return facts == [(first.id, True), (second.id, True), (second.id, False), (first.id, True)]

    await eventually(told)


async def test_who_leaves_gives_up_places_to_come_and_waiting_entries(scenario: Scenario) -> None:
    school = await scenario.school()
    full, free = await scenario.session(places=1), await scenario.session(first_day=date(2027, 3, 10))
    await scenario.receive(scenario.row(school, roster_row(1, upn=upn())))
    (learner,) = [each["id"] for each in await on_roll(school)]
    (other,) = await scenario.learners(school, 1)
    taken = await scenario.confirmed(school, full, [other])
    together = await scenario.confirmed(school, free, sorted([learner, other]))
    waiting = await scenario.book(school, full, [learner], join_waiting_list=True)
    assert await scenario.state(waiting) == "waitlisted"

    await scenario.receive(scenario.row(school, roster_row(1, **LEAVES)), sequence=2)

    assert await scenario.state(waiting) == "withdrawn"
    assert await scenario.places(full) == (1, 1, 0)
    assert await scenario.places(free) == (10, 1, 0)
    shown = (await school.client.get(f"/v1/bookings/{together['id']}")).json()
    assert (shown["state"], shown["learner_ids"]) == ("confirmed", [other])
    assert await scenario.state(taken) == "confirmed"

    async def told() -> bool:
        ended = [each.data for each in await scenario.published(BookingEnded)]
        return [each.reason_codes for each in ended if isinstance(each, BookingEnded)] == [["learner-left"]]

    await eventually(told)


async def test_who_leaves_keeps_a_booking_that_has_begun(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(days=3)
    await moving_scenario.receive(moving_scenario.row(school, roster_row(1, upn=upn())))
    (learner,) = [each["id"] for each in await on_roll(school)]
    booking = await moving_scenario.confirmed(school, session, [learner])
    moving_scenario.clock.instant = datetime(2027, 3, 4, 12, tzinfo=UTC)

    await moving_scenario.receive(moving_scenario.row(school, roster_row(1, **LEAVES)), sequence=2)

    assert await moving_scenario.state(booking) == "confirmed"
