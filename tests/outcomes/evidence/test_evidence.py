"""Evidence, feedback and reflections: who may give them, and what is refused."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts.bookings import BookingChanged
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event
from shared.contracts.outcomes import FeedbackGiven, ReflectionSubmitted
from shared.kernel import FixedClock
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.outcomes.scenario import COMMENT, CRITERIA, WORDS, Visit, accepted


@pytest.fixture
async def visit(run_service: RunService) -> Visit:
    """A visit that took place, without any evidence yet."""
    made = Visit(await run_service("outcomes"))
    await made.begin()
    await made.here.hear(made.register(dict(zip(made.learners, (300, 300, 0), strict=True))))
    await made.register_arrived()
    return made


async def test_evidence_says_what_was_verified_and_may_be_given_anew(visit: Visit) -> None:
    path = f"/v1/sessions/{visit.session}/evidence"
    short = [{"criterion": "M3", "met": True, "detail": {"interaction_minutes": 30}}]
    answer = await visit.host.post(path, {"criteria": short}, key="once")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "session_id": str(visit.session),
        "given_by": str(visit.provider),
        "criteria": [{"criterion": "M3", "met": True, "measure": 30, "at_least": 60, "verified": False}],
    }
    again = await visit.host.post(path, {"criteria": short}, key="once")
    assert (again.json(), again.headers["idempotency-replayed"]) == (answer.json(), "true")

    await visit.give_evidence()
    one, *_ = visit.learners

    async def missing(*codes: str) -> bool:
        return bool((await visit.assessment())[one]["missing"] == list(codes))

    await eventually(lambda: missing("M6", "M7"))
    # The school contests a criterion: it no longer holds for its own learners.
    contested = [{"criterion": "M4", "met": False}]
    assert (await visit.school.post(path, {"criteria": contested})).status_code == 200
    await eventually(lambda: missing("M4", "M6", "M7"))


async def test_evidence_that_is_not_evidence_is_refused(visit: Visit) -> None:
    refused: list[tuple[list[dict[str, Any]], str]] = [
        ([{"criterion": "M6", "met": True}], "invalid-request"),
        ([{"criterion": "M4", "met": True, "detail": {"roles_met": "many"}}], "invalid-request"),
        ([{"criterion": "M4", "met": True, "detail": {"names": ["Ada Example"]}}], "invalid-request"),
        ([CRITERIA[0], CRITERIA[0]], "invalid-request"),
        (
            [{"criterion": "M2", "met": True, "detail": {"objective_codes": ["XX-1"]}}],
            "objective-not-known",
        ),
    ]
    for criteria, slug in refused:
        answer = await visit.host.post(f"/v1/sessions/{visit.session}/evidence", {"criteria": criteria})
        assert (answer.status_code, answer.json()["slug"]) == (422, slug)
        assert "Ada Example" not in answer.text


async def test_feedback_goes_to_booked_learners_or_to_all_present(visit: Visit) -> None:
    one, two, absent = visit.learners
    path = f"/v1/sessions/{visit.session}/feedback"
    stranger = {"learner_ids": [str(one), str(uuid4())], "comment": COMMENT}
    answer = await visit.host.post(path, stranger)
    assert (answer.status_code, answer.json()["slug"]) == (422, "learner-not-in-session")
    for neither in (
        {"comment": COMMENT},
        {"comment": COMMENT, "learner_ids": [str(one)], "all_present": True},
    ):
        assert (await visit.host.post(path, neither)).json()["slug"] == "invalid-request"
    unknown = {"all_present": True, "comment": COMMENT, "objective_codes": ["XX-1"]}
    assert (await visit.host.post(path, unknown)).json()["slug"] == "objective-not-known"

    to_all = await visit.host.post(path, {"all_present": True, "comment": COMMENT}, key="once")
    assert to_all.status_code == 201, to_all.text
    assert to_all.json()["learners"] == 2
    again = await visit.host.post(path, {"all_present": True, "comment": COMMENT}, key="once")
    assert again.json() == to_all.json()
    await visit.give_feedback(absent)

    async def given() -> list[Event[Contract]] | None:
        events = await visit.here.said(FeedbackGiven)
        return events if len(events) == 2 else None

    first, second = await eventually(given) or []
    assert (first.sequence, set(first.data.model_dump()["learner_ids"])) == (1, {one, two})
    assert (second.sequence, second.data.model_dump()["learner_ids"]) == (2, [absent])
    async with visit.here.runtime.database.session() as session:
        assert COMMENT not in str((await session.execute(_inbox())).all())


async def test_feedback_needs_somebody_present(run_service: RunService) -> None:
    visit = Visit(await run_service("outcomes"))
    await visit.begin()
    path = f"/v1/sessions/{visit.session}/feedback"

    async def refused() -> bool:
        answer = await visit.host.post(path, {"all_present": True, "comment": COMMENT})
        return answer.status_code == 409 and bool(answer.json()["slug"] == "nobody-present")

    await eventually(refused)


async def test_who_left_the_booking_gets_no_feedback(run_service: RunService) -> None:
    visit = Visit(await run_service("outcomes"))
    one, two, gone = visit.learners
    await visit.begin()
    changed = visit.confirmed().model_dump() | {"learner_ids": [one, two], "removed_learner_ids": [gone]}
    await visit.here.hear(BookingChanged.model_validate(changed), sequence=2)

    async def refused() -> bool:
        body = {"learner_ids": [str(gone)], "comment": COMMENT}
        answer = await visit.host.post(f"/v1/sessions/{visit.session}/feedback", body)
        return bool(answer.json().get("slug") == "learner-not-in-session")

    await eventually(refused)
    await visit.give_feedback(one)


async def test_a_reflection_is_made_once_by_who_attended(visit: Visit) -> None:
    one, _, absent = visit.learners
    body = {
        "session_id": str(visit.session),
        "text": WORDS,
        "objective_codes": ["IE-1.3"],
        "skills": ["problem-solving"],
    }
    answer = await visit.pupil(one).post("/v1/reflections", body, key="once")
    assert answer.status_code == 201, answer.text
    assert WORDS not in answer.text
    again = await visit.pupil(one).post("/v1/reflections", body, key="once")
    assert (again.json(), again.headers["idempotency-replayed"]) == (answer.json(), "true")
    refusals = [
        (visit.pupil(one), body, 409, "already-reflected"),
        (visit.pupil(absent), body, 409, "session-not-attended"),
        (visit.pupil(absent), {**body, "session_id": str(uuid4())}, 409, "session-not-attended"),
        (visit.pupil(one), {**body, "objective_codes": ["XX-1"]}, 422, "objective-not-known"),
        (visit.pupil(one), {**body, "skills": ["charm"]}, 422, "invalid-request"),
        (visit.pupil(one), {**body, "text": "Too short"}, 422, "invalid-request"),
        (visit.school, body, 403, "learners-only"),
        (visit.here.caller("", organisation=visit.institution, learner=one), body, 403, "scope-missing"),
    ]
    for client, sent, status, slug in refusals:
        answer = await client.post("/v1/reflections", sent)
        assert (answer.status_code, answer.json()["slug"]) == (status, slug)

    async def published() -> bool:
        return [event.sequence for event in await visit.here.said(ReflectionSubmitted)] == [1]

    await eventually(published)
    async with visit.here.runtime.database.session() as session:
        assert WORDS not in str((await session.execute(_inbox())).all())


async def test_words_are_read_by_the_learner_and_the_school_alone(visit: Visit) -> None:
    one, two, _ = visit.learners
    await visit.give_feedback(one)
    await visit.give_feedback(one, two)
    await visit.reflect(one)
    stranger = visit.here.caller("progress:read", organisation=uuid4())
    readers = [(visit.school, 2, 1), (visit.pupil(one), 2, 1)]
    for client, received, written in readers:
        feedback = (await client.get(f"/v1/learners/{one}/feedback")).json()["items"]
        assert [each["comment"] for each in feedback] == [COMMENT] * received
        reflections = (await client.get(f"/v1/learners/{one}/reflections")).json()["items"]
        assert [each["text"] for each in reflections] == [WORDS] * written
    first = (await visit.school.get(f"/v1/learners/{one}/feedback", limit=1)).json()
    path = f"/v1/learners/{one}/feedback"
    rest = (await visit.school.get(path, limit=1, cursor=first["next_cursor"])).json()
    assert (rest["next_cursor"], rest["items"] != first["items"]) == (None, True)
    for words in ("feedback", "reflections"):
        for client in (visit.pupil(two), stranger):
            assert (await client.get(f"/v1/learners/{one}/{words}")).status_code == 404


async def test_nobody_reflects_before_the_last_day(run_service: RunService) -> None:
    clock = FixedClock(datetime(2026, 6, 9, 12, tzinfo=UTC))
    visit = Visit(await run_service("outcomes", clock=clock))
    one, *_ = visit.learners
    await visit.begin()
    await visit.here.hear(visit.register())
    await visit.register_arrived()
    body = {"session_id": str(visit.session), "text": WORDS}

    async def refused() -> bool:
        answer = await visit.pupil(one).post("/v1/reflections", body)
        return bool(answer.json()["slug"] == "session-not-over")

    await eventually(refused)
    clock.move(timedelta(days=1))
    await accepted(visit.pupil(one), "/v1/reflections", body)


async def test_learners_do_nothing_for_their_school(visit: Visit) -> None:
    one, *_ = visit.learners
    pupil = visit.here.caller(
        "feedback:write progress:read ledger:read", organisation=visit.institution, learner=one
    )
    posts = {
        f"/v1/sessions/{visit.session}/evidence": {"criteria": CRITERIA},
        f"/v1/sessions/{visit.session}/feedback": {"all_present": True, "comment": COMMENT},
    }
    for path, body in posts.items():
        answer = await pupil.post(path, body)
        assert (answer.status_code, answer.json()["slug"]) == (403, "not-for-learners")
    for path in ("progress", "progress/learners"):
        answer = await pupil.get(f"/v1/institutions/{visit.institution}/{path}", key_stage="KS3")
        assert (answer.status_code, answer.json()["slug"]) == (403, "not-for-learners")
    # A learner reads what is the learner's own, and nobody else's.
    found = (await pupil.get(f"/v1/sessions/{visit.session}/assessment")).json()["items"]
    assert [item["learner_id"] for item in found] == [str(one)]
    assert (await pupil.get(f"/v1/learners/{one}/ledger")).status_code == 200
    assert (await pupil.get(f"/v1/learners/{visit.learners[1]}/ledger")).status_code == 404


def _inbox() -> Any:
    from sqlalchemy import text

    return text("select answer from inbox where answer is not null")
