"""Asking for places over HTTP."""

import asyncio
from datetime import date, time
from uuid import uuid4

from shared.contracts.bookings import BookingRequested, PlacesChanged
from shared.contracts.opportunities import OpportunitySuspended, OpportunityWithdrawn, SessionCancelled
from tests.bookings.scenario import FIRST_DAY, Scenario
from tests.infra.polling import eventually


async def test_places_are_held_until_safeguarding_has_decided(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session(places=10)
    learners = await scenario.learners(school, 2)

    booking = await scenario.book(school, session, learners)

    assert booking["state"] == "awaiting_clearance"
    assert booking["learner_ids"] == learners
    assert booking["held_until"] == "2027-02-01T09:30:00Z"
    assert booking["decision"]["rule_pack"] == "booking-eligibility"
    assert await scenario.places(session) == (10, 2, 0)

    async def published() -> bool:
        (requested,) = await scenario.published(BookingRequested)
        (places,) = await scenario.published(PlacesChanged)
        assert isinstance(requested.data, BookingRequested)
        assert [str(each.learner_id) for each in requested.data.learners] == learners
        assert all(each.under_16_on_every_day for each in requested.data.learners)
        assert all(each.under_16_days and each.under_16_days > 0 for each in requested.data.learners)
        assert all(each.in_last_two_compulsory_years for each in requested.data.learners)
        assert all(each.of_compulsory_school_age for each in requested.data.learners)
        assert requested.data.decision.version == "2026-11-26"
        assert isinstance(places.data, PlacesChanged)
        return (places.data.places, places.data.taken) == (10, 2)

    await eventually(published)


async def test_a_cohort_is_booked_as_one(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    learners = await scenario.learners(school, 3)
    formed = await school.client.post("/v1/cohorts", {"label": "Year 10", "learner_ids": learners})

    asked = {"session_id": str(session.session_id), "cohort_id": formed.json()["id"]}
    answer = await school.client.post("/v1/bookings", asked)

    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/bookings/{answer.json()['id']}"
    assert answer.json()["learner_ids"] == learners
    assert answer.json()["cohort_id"] == formed.json()["id"]


async def test_one_key_makes_one_booking_however_often_it_is_sent(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    asked = {"session_id": str(session.session_id), "learner_ids": await scenario.learners(school, 1)}

    async def ask() -> tuple[int, str]:
        answer = await school.client.post("/v1/bookings", asked, key="once")
        return answer.status_code, answer.json().get("id") or answer.json()["slug"]

    answers = set(await asyncio.gather(*(ask() for _ in range(6)))) | {await ask()}

    made = {answer for answer in answers if answer[0] == 201}
    assert len(made) == 1
    assert answers <= made | {(409, "request-in-flight")}
    assert await scenario.places(session) == (10, 1, 0)
    other = await school.client.post("/v1/bookings", asked | {"join_waiting_list": True}, key="once")
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency-key-reused")


async def test_a_full_session_refuses_with_the_figures(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session(places=2)
    learners = await scenario.learners(school, 3)
    await scenario.book(school, session, learners[:1])

    asked = {"session_id": str(session.session_id), "learner_ids": learners[1:]}
    answer = await school.client.post("/v1/bookings", asked)

    assert answer.status_code == 409
    assert answer.json()["slug"] == "no-places-left"
    assert (answer.json()["places_left"], answer.json()["places_asked"]) == (1, 2)
    assert await scenario.places(session) == (2, 1, 0)


async def test_a_learner_is_booked_once_into_a_session(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    learners = await scenario.learners(school, 2)
    await scenario.book(school, session, learners[:1])

    asked = {"session_id": str(session.session_id), "learner_ids": learners}
    answer = await school.client.post("/v1/bookings", asked)

    assert (answer.status_code, answer.json()["slug"]) == (409, "learner-already-booked")
    assert answer.json()["learner_ids"] == learners[:1]


async def test_half_days_may_meet_but_not_overlap(scenario: Scenario) -> None:
    school = await scenario.school()
    learners = await scenario.learners(school, 1)
    morning = await scenario.session(starts=time(9), ends=time(12))
    noon = await scenario.session(starts=time(11), ends=time(13))
    afternoon = await scenario.session(starts=time(12), ends=time(15))
    await scenario.book(school, morning, learners)

    asked = {"session_id": str(noon.session_id), "learner_ids": learners}
    answer = await school.client.post("/v1/bookings", asked)

    assert (answer.status_code, answer.json()["slug"]) == (409, "learner-busy")
    await scenario.book(school, afternoon, learners)


async def test_one_learner_raced_into_two_sessions_gets_one(scenario: Scenario) -> None:
    school = await scenario.school()
    learners = await scenario.learners(school, 1)
    sessions = [await scenario.session(), await scenario.session()]

    answers = await asyncio.gather(
        *(
            school.client.post("/v1/bookings", {"session_id": str(s.session_id), "learner_ids": learners})
            for s in sessions
        )
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert {a.json()["slug"] for a in answers if a.status_code == 409} == {"learner-busy"}


async def test_a_placement_is_not_for_key_stage_3(scenario: Scenario) -> None:
    school = await scenario.school()
    session = await scenario.session(format="placement", kind="placement", year_groups=[9, 10])
    learners = await scenario.learners(school, 1, year_group=9, birth_date="2013-01-15")

    asked = {"session_id": str(session.session_id), "learner_ids": learners}
    answer = await school.client.post("/v1/bookings", asked)

    assert (answer.status_code, answer.json()["slug"]) == (422, "placement-not-lawful")
    assert answer.json()["source"] == "Education Act 1996, section 560"
    assert (answer.json()["rule_pack"], answer.json()["version"]) == ("booking-eligibility", "2026-11-26")


async def test_year_groups_and_institutions_must_fit(scenario: Scenario) -> None:
    school, closed = await scenario.school(), await scenario.school(opened=False)
    session = await scenario.session(year_groups=[11])

    for asker, slug in [(school, "year-group-not-offered"), (closed, "institution-not-eligible")]:
        learners = await scenario.learners(asker, 1, year_group=10)
        asked = {"session_id": str(session.session_id), "learner_ids": learners}
        answer = await asker.client.post("/v1/bookings", asked)
        assert (answer.status_code, answer.json()["slug"]) == (422, slug)


async def test_somebody_else_s_learner_is_not_known(scenario: Scenario) -> None:
    school, other, session = await scenario.school(), await scenario.school(), await scenario.session()
    theirs, ours = await scenario.learners(other, 1), await scenario.learners(school, 1)

    asked = {"session_id": str(session.session_id), "learner_ids": ours + theirs}
    answer = await school.client.post("/v1/bookings", asked)

    assert (answer.status_code, answer.json()["slug"]) == (422, "learner-not-known")
    assert answer.json()["field"] == "body.learner_ids.1"
    assert theirs[0] not in answer.text


async def test_a_request_that_leaves_open_who_is_meant_is_not_read(scenario: Scenario) -> None:
    school, learner = scenario.caller_of(uuid4()), str(uuid4())
    bodies: list[dict[str, object]] = [
        {},
        {"learner_ids": []},
        {"learner_ids": [learner, learner]},
        {"learner_ids": [learner], "cohort_id": str(uuid4())},
        {"learner_ids": [learner], "priority": True},
    ]
    for body in bodies:
        answer = await school.client.post("/v1/bookings", {"session_id": str(uuid4())} | body)
        assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request")


async def test_a_session_that_takes_no_bookings_says_why(scenario: Scenario) -> None:
    school = await scenario.school()
    learners = await scenario.learners(school, 1)
    withdrawn, suspended, cancelled, begun = [
        await scenario.session(), await scenario.session(), await scenario.session(),
        await scenario.session(first_day=date(2027, 2, 1)),
    ]  # fmt: skip
    ids = {"provider_id": scenario.provider_id, "reason_code": "for-a-reason"}
    await scenario.receive(OpportunityWithdrawn(opportunity_id=withdrawn.opportunity_id, **ids), sequence=3)
    await scenario.receive(OpportunitySuspended(opportunity_id=suspended.opportunity_id, **ids), sequence=3)
    await scenario.receive(
        SessionCancelled(session_id=cancelled.session_id, opportunity_id=cancelled.opportunity_id, **ids),
        sequence=3,
    )

    reasons = []
    for session in (withdrawn, suspended, cancelled, begun):
        asked = {"session_id": str(session.session_id), "learner_ids": learners}
        answer = await school.client.post("/v1/bookings", asked)
        assert (answer.status_code, answer.json()["slug"]) == (409, "session-not-bookable"), answer.text
        reasons.append(answer.json()["reason"])
    assert reasons == [
        "opportunity-withdrawn",
        "opportunity-suspended",
        "session-cancelled",
        "session-begun",
    ]
    unknown = {"session_id": str(uuid4()), "learner_ids": learners}
    answer = await school.client.post("/v1/bookings", unknown)
    assert (answer.status_code, answer.json()["slug"]) == (404, "session-not-found")


async def test_bookings_are_listed_page_by_page_and_by_session_and_state(scenario: Scenario) -> None:
    school = await scenario.school()
    sessions = [await scenario.session(places=1), await scenario.session(first_day=date(2027, 4, 1))]
    one, two, three = await scenario.learners(school, 3)
    made = [
        await scenario.book(school, sessions[0], [one]),
        await scenario.book(school, sessions[0], [two], join_waiting_list=True),
        await scenario.book(school, sessions[1], [three]),
    ]

    first = (await school.client.get("/v1/bookings", limit=2)).json()
    rest = (await school.client.get("/v1/bookings", limit=2, cursor=first["next_cursor"])).json()
    waiting = (await school.client.get("/v1/bookings", state="waitlisted")).json()
    of_session = (await school.client.get("/v1/bookings", session_id=str(sessions[1].session_id))).json()

    assert [each["id"] for each in first["items"] + rest["items"]] == [each["id"] for each in made]
    assert rest["next_cursor"] is None
    assert [each["id"] for each in waiting["items"]] == [made[1]["id"]]
    assert [each["id"] for each in of_session["items"]] == [made[2]["id"]]
    assert "learner_ids" not in first["items"][0]
    tampered = await school.client.get("/v1/bookings", state="confirmed", cursor=first["next_cursor"])
    assert tampered.json()["slug"] == "cursor-invalid"


async def test_ages_are_published_as_of_the_session_s_days(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session(days=2)
    birthday = FIRST_DAY.replace(day=4, year=2011)
    learners = await scenario.learners(school, 1, birth_date=birthday.isoformat())

    await scenario.book(school, session, learners)

    async def published() -> bool:
        (requested,) = await scenario.published(BookingRequested)
        assert isinstance(requested.data, BookingRequested)
        (learner,) = requested.data.learners
        assert learner.of_compulsory_school_age
        assert learner.under_16_days == 1
        return not learner.under_16_on_every_day

    await eventually(published)
