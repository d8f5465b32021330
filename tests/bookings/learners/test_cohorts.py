"""Cohorts: another label, told to others by id alone."""

from typing import Any
from uuid import UUID, uuid4

from bookings.learners.domain import Cohort
from bookings.learners.domain import CohortRelabelled as Relabelled
from shared.contracts.bookings import CohortRelabelled
from tests.bookings.scenario import Scenario, School
from tests.infra.polling import eventually


async def formed(scenario: Scenario, school: School) -> Any:
    learners = await scenario.learners(school, 2)
    answer = await school.client.post("/v1/cohorts", {"label": "Year 10", "learner_ids": learners})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_the_same_label_is_no_change() -> None:
    cohort = Cohort(UUID(int=1), UUID(int=2), "Year 10", ())

    cohort.relabel("Year 10")
    assert cohort.take_events() == []
    cohort.relabel("Year 11")
    assert cohort.take_events() == [(1, Relabelled(UUID(int=1), UUID(int=2)))]


async def test_a_cohort_has_another_label_and_others_learn_of_it_by_id_alone(scenario: Scenario) -> None:
    school = await scenario.school()
    cohort = await formed(scenario, school)
    path = f"/v1/cohorts/{cohort['id']}"

    answer = await school.client.send("PATCH", path, {"label": "Year 11"})

    assert (answer.status_code, answer.json()) == (200, cohort | {"label": "Year 11"})
    assert (await school.client.get(path)).json() == cohort | {"label": "Year 11"}
    await school.client.send("PATCH", path, {"label": "Year 12"})

    async def published() -> bool:
        events = await scenario.published(CohortRelabelled)
        assert {each.data.model_dump_json() for each in events} == {
            CohortRelabelled(cohort_id=cohort["id"], institution_id=school.id).model_dump_json()
        }
        return [each.sequence for each in events] == [1, 2]

    await eventually(published)


async def test_one_key_relabels_once_however_often_it_is_sent(scenario: Scenario) -> None:
    school = await scenario.school()
    path = f"/v1/cohorts/{(await formed(scenario, school))['id']}"

    first = await school.client.send("PATCH", path, {"label": "Year 11"}, key="once")
    await school.client.send("PATCH", path, {"label": "Year 12"})
    again = await school.client.send("PATCH", path, {"label": "Year 11"}, key="once")

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert (await school.client.get(path)).json()["label"] == "Year 12"


async def test_a_label_is_refused_that_is_none_or_comes_without_the_scope(scenario: Scenario) -> None:
    school = await scenario.school()
    path = f"/v1/cohorts/{(await formed(scenario, school))['id']}"
    reader = scenario.bookings.caller("learners:read", organisation=school.id)

    for label in ("", "x" * 101, None):
        answer = await school.client.send("PATCH", path, {"label": label})
        assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request")
    answer = await reader.send("PATCH", path, {"label": "Year 11"})
    assert (answer.status_code, answer.json()["slug"]) == (403, "scope-missing")


async def test_another_institution_s_cohort_is_not_there_to_be_relabelled(scenario: Scenario) -> None:
    school = await scenario.school()
    path = f"/v1/cohorts/{(await formed(scenario, school))['id']}"

    for client, address in [(school.stranger, path), (school.client, f"/v1/cohorts/{uuid4()}")]:
        answer = await client.send("PATCH", address, {"label": "Year 11"})
        assert (answer.status_code, answer.json()["slug"]) == (404, "not-found")
    assert (await school.client.get(path)).json()["label"] == "Year 10"
