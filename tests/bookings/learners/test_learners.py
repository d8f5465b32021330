"""Learners: taken from sealed rosters, kept here alone, erased everywhere."""

from datetime import timedelta
from uuid import UUID, uuid4

from shared.contracts.bookings import BookingChanged, BookingEnded, LearnerErased, LearnerRecorded
from shared.contracts.envelope import Event
from shared.kernel import new_id
from tests.bookings.scenario import NOW, Scenario, roster_row, upn
from tests.infra.polling import eventually


async def test_a_sealed_row_becomes_a_learner_the_school_can_name(scenario: Scenario) -> None:
    school, roster_id = await scenario.school(), uuid4()
    row = roster_row(1, upn=upn(), priority_flags=["send", "free-school-meals"])

    await scenario.receive(scenario.row(school, row, roster_id=roster_id))

    (learner,) = (await school.client.get("/v1/learners")).json()["items"]
    assert (learner["given_name"], learner["family_name"]) == ("Ada", "Example-1")
    assert learner["priority_flags"] == ["free-school-meals", "send"]
    assert "birth_date" not in learner
    assert (await school.client.get(f"/v1/learners/{learner['id']}")).json() == learner
    progress = (await school.client.get(f"/v1/applied-rosters/{roster_id}")).json()
    assert progress == {"roster_id": str(roster_id), "applied": 1, "failed": 0, "failures": []}

    async def published() -> bool:
        (recorded,) = await scenario.published(LearnerRecorded)
        assert isinstance(recorded.data, LearnerRecorded)
        assert (str(recorded.data.learner_id), recorded.data.year_group) == (learner["id"], 10)
        return recorded.data.priority_flags == ["free-school-meals", "send"]

    await eventually(published)


async def test_only_what_reports_need_is_worth_an_event(scenario: Scenario) -> None:
    school = await scenario.school()
    again = roster_row(1, upn=upn())

    await scenario.receive(scenario.row(school, again))
    await scenario.receive(scenario.row(school, again | {"family_name": "Sample"}))
    await scenario.receive(scenario.row(school, again | {"year_group": 11}))
    await scenario.receive(scenario.row(school, again | {"status": "tobedeleted"}))

    assert (await school.client.get("/v1/learners")).json()["items"] == []

    async def published() -> bool:
        events = await scenario.published(LearnerRecorded)
        facts = [
            (each.sequence, each.data.year_group, each.data.on_roll)
            for each in events
            if isinstance(each.data, LearnerRecorded)
        ]
        return facts == [(1, 10, True), (2, 11, True), (3, 11, False)]

    await eventually(published)


async def test_the_later_roster_holds_whatever_the_clock_said_of_its_sender(scenario: Scenario) -> None:
    school = await scenario.school()
    row = roster_row(1, upn=upn())
    earlier, later = scenario.row(school, row), scenario.row(school, row | {"family_name": "Sample"})
    envelopes = [
        Event(new_id(), "/services/test", NOW, 1, earlier),
        Event(new_id(), "/services/test", NOW - timedelta(hours=1), 2, later),
        Event(new_id(), "/services/test", NOW + timedelta(hours=1), 1, earlier),
    ]

    await scenario.bookings.deliver(*envelopes)
    await scenario.settled(*envelopes)

    (learner,) = (await school.client.get("/v1/learners")).json()["items"]
    assert learner["family_name"] == "Sample"


async def test_rows_that_cannot_be_read_are_counted_with_their_reason(scenario: Scenario) -> None:
    school, roster_id = await scenario.school(), uuid4()

    await scenario.receive(
        scenario.row(school, roster_row(1), roster_id=roster_id),
        scenario.row(school, roster_row(2, year_group=6), roster_id=roster_id, row=2),
        scenario.row(school, {}, roster_id=roster_id, row=3, sealed="a.b.c.d.e"),
    )

    progress = (await school.client.get(f"/v1/applied-rosters/{roster_id}")).json()
    assert (progress["applied"], progress["failed"]) == (1, 2)
    assert progress["failures"] == [
        {"row": 2, "reason_code": "row-malformed"},
        {"row": 3, "reason_code": "row-not-sealed-to-us"},
    ]
    assert (await school.client.get(f"/v1/applied-rosters/{uuid4()}")).status_code == 404
    assert (await school.stranger.get(f"/v1/applied-rosters/{roster_id}")).status_code == 404


async def test_a_pupil_who_moves_school_stays_the_same_learner(scenario: Scenario) -> None:
    old, new = await scenario.school(), await scenario.school()
    row = roster_row(1, upn=upn())
    await scenario.receive(scenario.row(old, row))

    await scenario.receive(scenario.row(new, row | {"source_id": "another"}))
    await scenario.receive(scenario.row(old, row | {"status": "tobedeleted"}))

    (learner,) = (await new.client.get("/v1/learners")).json()["items"]
    assert (await old.client.get("/v1/learners")).json()["items"] == []

    async def published() -> bool:
        events = await scenario.published(LearnerRecorded)
        assert {each.data.key for each in events} == {learner["id"]}
        where = [each.data.institution_id for each in events if isinstance(each.data, LearnerRecorded)]
        return where == [old.id, new.id] and [each.sequence for each in events] == [1, 2]

    await eventually(published)


async def test_learners_are_listed_by_year_group_and_priority_page_by_page(scenario: Scenario) -> None:
    school = await scenario.school()
    tens = await scenario.learners(school, 3)
    nines = await scenario.learners(school, 1, year_group=9, priority_flags=["looked-after"])

    first = (await school.client.get("/v1/learners", year_group=10, limit=2)).json()
    rest = (
        await school.client.get("/v1/learners", year_group=10, limit=2, cursor=first["next_cursor"])
    ).json()
    flagged = (await school.client.get("/v1/learners", priority="looked-after")).json()

    assert [each["id"] for each in first["items"] + rest["items"]] == tens
    assert rest["next_cursor"] is None
    assert [each["id"] for each in flagged["items"]] == nines


async def test_an_erased_learner_is_gone_from_everything(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    await scenario.receive(scenario.row(school, roster_row(1, upn=upn())))
    (learner,) = [each["id"] for each in (await school.client.get("/v1/learners")).json()["items"]]
    (other,) = await scenario.learners(school, 1)
    await school.client.post("/v1/cohorts", {"label": "Year 10", "learner_ids": [learner]})
    shared = await scenario.confirmed(school, session, sorted([learner, other]))

    answer = await school.client.send("DELETE", f"/v1/learners/{learner}")

    assert answer.status_code == 204
    assert (await school.client.get(f"/v1/learners/{learner}")).status_code == 404
    assert (await school.client.send("DELETE", f"/v1/learners/{learner}")).status_code == 404
    assert (await school.client.get(f"/v1/bookings/{shared['id']}")).json()["learner_ids"] == [other]
    assert await scenario.places(session) == (10, 1, 0)
    everything = """
      select (select count(*) from bookings where decision::text like :it)
        + (select count(*) from booking_learners where learner_id::text like :it)
        + (select count(*) from learner_days where learner_id::text like :it)
        + (select count(*) from cohort_members where learner_id::text like :it)
        + (select count(*) from pseudonyms where learner_id::text like :it)
    """
    assert await scenario.sql(everything, tenants=[school.id], it=f"%{learner}%") == 0

    async def published() -> bool:
        (erased,) = await scenario.published(LearnerErased)
        (changed,) = await scenario.published(BookingChanged)
        assert isinstance(changed.data, BookingChanged)
        assert changed.data.removed_learner_ids == [UUID(learner)]
        return bool(erased.data.key == learner)

    await eventually(published)
    assert await scenario.published(BookingEnded) == []


async def test_erasing_needs_more_than_reading(scenario: Scenario) -> None:
    school = await scenario.school()
    (learner,) = await scenario.learners(school, 1)
    reader = scenario.bookings.caller("learners:read", organisation=school.id)

    answer = await reader.send("DELETE", f"/v1/learners/{learner}")

    assert (answer.status_code, answer.json()["slug"]) == (403, "scope-missing")


async def test_cohorts_are_listed_page_by_page_and_name_only_known_learners(scenario: Scenario) -> None:
    school = await scenario.school()
    learners = await scenario.learners(school, 2)
    for number in range(3):
        formed = await school.client.post(
            "/v1/cohorts", {"label": f"Group {number}", "learner_ids": learners}
        )
        assert formed.status_code == 201, formed.text

    first = (await school.client.get("/v1/cohorts", limit=2)).json()
    rest = (await school.client.get("/v1/cohorts", limit=2, cursor=first["next_cursor"])).json()
    shown = (await school.client.get(f"/v1/cohorts/{first['items'][0]['id']}")).json()
    unknown = await school.client.post(
        "/v1/cohorts", {"label": "Group", "learner_ids": [*learners, str(uuid4())]}
    )

    assert [each["label"] for each in first["items"] + rest["items"]] == ["Group 0", "Group 1", "Group 2"]
    assert first["items"][0]["learners"] == 2
    assert shown["learner_ids"] == learners
    assert (unknown.status_code, unknown.json()["slug"]) == (422, "learner-not-known")
    assert len((await school.client.get("/v1/cohorts")).json()["items"]) == 3
