"""Registers of attendance over HTTP."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.bookings import AttendanceRecorded
from tests.bookings.scenario import Scenario
from tests.infra.polling import eventually

SECOND_DAY = datetime(2027, 3, 4, 16, tzinfo=UTC)


def register(on: str, learner_ids: list[str], minutes: int = 300) -> dict[str, Any]:
    entries = [{"learner_id": each, "attended": minutes > 0, "minutes": minutes} for each in learner_ids]
    return {"on": on, "entries": entries}


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """What a register says of the day."""
    return {"on": answer["on"], "entries": answer["entries"]}


async def test_provider_and_school_take_registers_and_the_later_one_holds(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(days=2)
    learners = await moving_scenario.learners(school, 2)
    booking = await moving_scenario.confirmed(school, session, learners)
    path = f"/v1/bookings/{booking['id']}/attendance"
    moving_scenario.clock.instant = SECOND_DAY

    taken = await moving_scenario.provider.post(path, register("2027-03-03", learners))
    assert taken.status_code == 200, taken.text
    assert told(taken.json()) == register("2027-03-03", learners)
    await school.client.post(path, register("2027-03-04", learners, 0))
    await school.client.post(path, register("2027-03-03", learners, 240), if_match=taken.headers["ETag"])

    first = (await school.client.get(path, limit=1)).json()
    second = (await school.client.get(path, limit=1, cursor=first["next_cursor"])).json()
    assert [told(each) for each in first["items"]] == [register("2027-03-03", learners, 240)]
    assert [told(each) for each in second["items"]] == [register("2027-03-04", learners, 0)]
    assert second["next_cursor"] is None

    async def published() -> bool:
        events = await moving_scenario.published(AttendanceRecorded)
        minutes = [
            each.data.entries[0].minutes for each in events if isinstance(each.data, AttendanceRecorded)
        ]
        assert [each.sequence for each in events] == [3, 4, 5]
        return minutes == [300, 0, 240]

    await eventually(published)


async def test_a_register_that_cannot_be_true_is_refused(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session(days=2)
    learners = await moving_scenario.learners(school, 2)
    booking = await moving_scenario.confirmed(school, session, learners)
    held = await moving_scenario.book(school, session, await moving_scenario.learners(school, 1))
    path = f"/v1/bookings/{booking['id']}/attendance"
    moving_scenario.clock.instant = datetime(2027, 3, 3, 16, tzinfo=UTC)

    wrong = {
        "attendance-incomplete": register("2027-03-03", learners[:1]),
        "attendance-too-early": register("2027-03-04", learners),
        "not-a-session-day": register("2027-03-02", learners),
        "minutes-beyond-day": register("2027-03-03", learners, 361),
    }
    for slug, body in wrong.items():
        answer = await school.client.post(path, body)
        assert (answer.status_code, answer.json()["slug"]) == (422, slug)
    answer = await school.client.post(f"/v1/bookings/{held['id']}/attendance", wrong["not-a-session-day"])
    assert (answer.status_code, answer.json()["slug"]) == (409, "booking-state-forbids")
    assert (await school.client.get(path)).json()["items"] == []


async def test_who_has_left_is_not_on_the_register(moving_scenario: Scenario) -> None:
    school, session = await moving_scenario.school(), await moving_scenario.session()
    one, two = await moving_scenario.learners(school, 2)
    booking = await moving_scenario.confirmed(school, session, [one, two])
    await school.client.post(f"/v1/bookings/{booking['id']}/departures", {"learner_ids": [one]})
    moving_scenario.clock.instant = SECOND_DAY
    path = f"/v1/bookings/{booking['id']}/attendance"

    assert (await school.client.post(path, register("2027-03-03", [one, two]))).status_code == 422
    assert (await school.client.post(path, register("2027-03-03", [two]))).status_code == 200


async def test_neither_party_replaces_the_other_s_register_unseen_and_both_read_its_history(
    moving_scenario: Scenario,
) -> None:
    scenario = moving_scenario
    school, session = await scenario.school(), await scenario.session()
    learners = await scenario.learners(school, 1)
    booking = await scenario.confirmed(school, session, learners)
    scenario.clock.instant = SECOND_DAY
    path = f"/v1/bookings/{booking['id']}/attendance"
    present, absent = register("2027-03-03", learners), register("2027-03-03", learners, 0)

    first = await school.client.post(path, present)
    unseen = await scenario.provider.post(path, absent)
    assert (unseen.status_code, unseen.json()["slug"]) == (409, "other-partys-register")
    assert unseen.json()["field"] == "header.If-Match"
    (kept,) = (await school.client.get(path)).json()["items"]
    again = await school.client.post(path, present)
    stale = await scenario.provider.post(path, absent, if_match='"v2"')
    read = f'"v{kept["version"]}"'
    replaced = await scenario.provider.post(path, absent, if_match=read)
    late = await school.client.post(path, present, if_match=read)
    nothing_there = await school.client.post(path, register("2027-03-04", learners), if_match='"v9"')

    assert (told(kept), kept["recorded_by"]) == (present, str(school.id))
    assert (again.status_code, again.json()) == (200, first.json())
    for answer in (stale, late):
        assert (answer.status_code, answer.json()["slug"]) == (412, "version-does-not-match")
    assert nothing_there.status_code == 422
    assert replaced.status_code == 200, replaced.text
    by_whom = [
        (present, first.json()["version"], str(school.id)),
        (absent, replaced.json()["version"], str(scenario.provider_id)),
    ]
    for party in (school.client, scenario.provider):
        one = (await party.get(f"{path}-history", limit=1)).json()
        two = (await party.get(f"{path}-history", limit=1, cursor=one["next_cursor"])).json()
        found = [(told(each), each["version"], each["recorded_by"]) for each in one["items"] + two["items"]]
        assert (found, two["next_cursor"]) == (by_whom, None)
    assert (await school.stranger.get(f"{path}-history")).status_code == 404

    async def published() -> bool:
        events = await scenario.published(AttendanceRecorded)
        minutes = [
            (each.sequence, each.data.entries[0].minutes)
            for each in events
            if isinstance(each.data, AttendanceRecorded)
        ]
        return minutes == [(first.json()["version"], 300), (replaced.json()["version"], 0)]

    await eventually(published)


async def test_what_was_recorded_of_a_learner_goes_with_the_learner(moving_scenario: Scenario) -> None:
    scenario = moving_scenario
    school, session = await scenario.school(), await scenario.session()
    gone, stays = await scenario.learners(school, 2)
    booking = await scenario.confirmed(school, session, [gone, stays])
    scenario.clock.instant = SECOND_DAY
    path = f"/v1/bookings/{booking['id']}/attendance"
    for minutes in (300, 240):
        await school.client.post(path, register("2027-03-03", [gone, stays], minutes))

    assert (await school.client.send("DELETE", f"/v1/learners/{gone}")).status_code == 204
    found = (await school.client.get(f"{path}-history")).json()["items"]

    assert [told(each) for each in found] == [register("2027-03-03", [stays], m) for m in (300, 240)]
