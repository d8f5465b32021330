"""Whose is whose: the routes check it, and the database checks it again."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg import PostgresError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.bookings.scenario import Scenario

PROTECTED = [
    "learners",
    "roster_rows",
    "cohorts",
    "cohort_members",
    "bookings",
    "booking_learners",
    "learner_days",
    "attendance",
    "attendance_history",
]


async def test_what_is_another_school_s_is_not_there(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    learners = await scenario.learners(school, 1)
    booking = await scenario.confirmed(school, session, learners)
    cohort = await school.client.post("/v1/cohorts", {"label": "Year 10", "learner_ids": learners})
    stranger = school.stranger

    for path in (
        f"/v1/bookings/{booking['id']}",
        f"/v1/bookings/{booking['id']}/attendance",
        f"/v1/learners/{learners[0]}",
        f"/v1/cohorts/{cohort.json()['id']}",
    ):
        assert (await stranger.get(path)).status_code == 404, path
    for path in ("/v1/bookings", "/v1/learners", "/v1/cohorts"):
        assert (await stranger.get(path)).json()["items"] == [], path
    changes: dict[str, Any] = {
        "withdrawal": None,
        "cancellation": {"reason_code": "a-reason"},
        "departures": {"learner_ids": learners},
        "attendance": {
            "on": "2027-03-03",
            "entries": [{"learner_id": learners[0], "attended": True, "minutes": 1}],
        },
    }
    for name, body in changes.items():
        answer = await stranger.post(f"/v1/bookings/{booking['id']}/{name}", body)
        assert answer.status_code == 404, name
    assert (await stranger.send("DELETE", f"/v1/learners/{learners[0]}")).status_code == 404
    assert await scenario.state(booking) == "confirmed"


async def test_a_provider_learns_who_comes_once_it_is_confirmed_and_ends_nothing(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    learners = await scenario.learners(school, 2)
    booking = await scenario.book(school, session, learners)
    path = f"/v1/bookings/{booking['id']}"
    provider = scenario.bookings.caller("bookings:read bookings:write", organisation=scenario.provider_id)

    before = (await provider.get(path)).json()
    await scenario.receive(scenario.cleared(booking))
    after = (await provider.get(path)).json()
    answer = await provider.post(f"{path}/cancellation", {"reason_code": "a-reason"})

    assert (before["places"], before["learner_ids"]) == (2, None)
    assert after["learner_ids"] == learners
    assert (answer.status_code, answer.json()["slug"]) == (403, "not-the-asking-institution")
    (listed,) = (await provider.get("/v1/bookings")).json()["items"]
    assert (listed["id"], listed["places"]) == (booking["id"], 2)


async def test_a_learner_sees_their_own_bookings_and_nobody_else(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    one, two, three = await scenario.learners(school, 3)
    together, apart = (
        await scenario.book(school, session, [one, two]),
        await scenario.book(school, session, [three]),
    )
    learner = scenario.bookings.caller("bookings:read", organisation=school.id, learner=UUID(one))

    (listed,) = (await learner.get("/v1/bookings")).json()["items"]

    assert listed["id"] == together["id"]
    assert (await learner.get(f"/v1/bookings/{together['id']}")).json()["learner_ids"] == [one]
    assert (await learner.get(f"/v1/bookings/{apart['id']}")).status_code == 404
    assert (await learner.get(f"/v1/bookings/{apart['id']}/attendance")).status_code == 404


async def test_a_trust_reads_the_bookings_of_the_schools_it_acts_for(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    booking = await scenario.book(school, session, await scenario.learners(school, 1))
    trust = scenario.bookings.caller("bookings:read", organisation=uuid4(), acting_for=[school.id])

    assert (await trust.get(f"/v1/bookings/{booking['id']}")).status_code == 200


async def test_a_scope_opens_its_own_doors_alone(scenario: Scenario) -> None:
    for scope in ("bookings:write", "learners:read", "attendance:write"):
        answer = await scenario.bookings.caller(scope, organisation=uuid4()).get("/v1/bookings")
        assert (answer.status_code, answer.json()["slug"]) == (403, "scope-missing")


async def test_the_database_alone_keeps_tenants_apart(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session()
    await moving_scenario.receive(moving_scenario.row(school, {}))
    learners = await moving_scenario.learners(school, 1)
    await school.client.post("/v1/cohorts", {"label": "Year 10", "learner_ids": learners})
    booking = await moving_scenario.confirmed(school, session, learners)
    moving_scenario.clock.instant = moving_scenario.clock.instant.replace(month=3, day=3)
    path = f"/v1/bookings/{booking['id']}/attendance"
    for minutes in (60, 90):
        entries = [{"learner_id": learners[0], "attended": True, "minutes": minutes}]
        register = {"on": "2027-03-03", "entries": entries}
        assert (await moving_scenario.provider.post(path, register)).status_code == 200

    for table in PROTECTED:
        counted = f"select count(*) from {table}"
        assert await moving_scenario.sql(counted, tenants=[school.id]) == 1, table
        assert await moving_scenario.sql(counted, tenants=[uuid4()]) == 0, table
        assert await moving_scenario.sql(counted) == 0, table
    forced = """
      select count(*) from pg_class c
      where relname = any (:tables) and relrowsecurity and relforcerowsecurity
    """
    assert await moving_scenario.sql(forced, tables=PROTECTED) == len(PROTECTED)


async def test_nobody_writes_a_row_for_another_tenant(scenario: Scenario) -> None:
    school = await scenario.school()
    async with scenario.bookings.runtime.database.session() as session:
        await session.execute(text("select set_config('app.tenants', :t, true)"), {"t": str(uuid4())})
        with pytest.raises((DBAPIError, PostgresError), match="row-level security"):
            await session.execute(
                text("insert into cohorts values (:school, :id, 'Year 10', now())"),
                {"school": school.id, "id": uuid4()},
            )
