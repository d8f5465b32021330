"""Reports and lists: right to the minute, small counts withheld, page by page."""

from typing import Any
from uuid import uuid4

import asyncpg

from shared.contracts.outcomes import LedgerCredited
from tests.infra.polling import eventually
from tests.infra.running import Client, RunService
from tests.outcomes.scenario import Visit


async def test_the_report_is_right_to_the_minute_for_each_group(run_service: RunService) -> None:
    visit = Visit(await run_service("outcomes"), learners=sorted(uuid4() for _ in range(12)))
    priority, others = visit.learners[:3], visit.learners[3:]
    minutes = dict.fromkeys(visit.learners, 0) | dict.fromkeys(priority[:2], 299) | {others[0]: 300}
    await visit.here.hear(visit.published(), visit.scheduled(), visit.confirmed())
    await visit.here.hear(*visit.recorded(*priority, priority_flags=["send", "free-school-meals"]))
    await visit.here.hear(*visit.recorded(*others), visit.register(minutes))
    await visit.register_arrived()
    await visit.give_evidence()
    await visit.give_feedback()
    await visit.reflect(*priority[:2], others[0])
    await visit.stands(minutes)

    async def enrolled() -> bool:
        return bool((await visit.progress())["learners_on_roll"] == 12)

    await eventually(enrolled)
    report = await visit.progress()
    assert report["credited_minutes"] == 898
    assert (report["day_minutes"], report["target_minutes"], report["share_met"]) == (300, 1500, 0.0)
    assert [band["learners"] for band in report["histogram"]] == [9, 2, 1, 0, 0, 0, 0]
    groups = {each["group"]: (each["learners"], each["credited_minutes"]) for each in report["groups"]}
    assert groups == {
        "priority": (3, 598),
        "others": (9, 300),
        "flag:send": (3, 598),
        "flag:free-school-meals": (3, 598),
    }
    assert report["small_counts_withheld"] is False
    assert report["rules"] == {
        "pack": "guarantee-counting", "version": "2025-05-08", "effective_from": "2025-05-08",
    }  # fmt: skip
    assert (await visit.progress("KS4"))["learners_on_roll"] == 0

    trust = visit.here.caller("progress:read", organisation=uuid4(), acting_for=[visit.institution])
    found = await visit.progress(client=trust)
    assert found["small_counts_withheld"] is True
    assert (found["learners_on_roll"], found["credited_minutes"]) == (12, None)
    assert [band["learners"] for band in found["histogram"]] == [9, None, None, 0, 0, 0, 0]
    assert {each["learners"] for each in found["groups"]} == {None}
    answer = await trust.get(f"/v1/institutions/{visit.institution}/progress/learners", key_stage="KS3")
    assert answer.status_code == 404

    listed = await pages(
        visit.school, f"/v1/institutions/{visit.institution}/progress/learners", limit=5, key_stage="KS3"
    )
    assert [(each["learner_id"], each["credited_minutes"]) for each in listed] == [
        (str(learner), minutes[learner]) for learner in visit.learners
    ]
    assert (listed[3]["days"], listed[3]["missing_minutes"], listed[3]["met"]) == (1.0, 1200, False)
    path = f"/v1/sessions/{visit.session}/assessment"
    assert [each["learner_id"] for each in await pages(visit.school, path, limit=5)] == [
        str(learner) for learner in visit.learners
    ]
    forged = await visit.school.get(path, cursor="bm90LW91cnM")
    assert (forged.status_code, forged.json()["slug"]) == (400, "cursor-invalid")


async def test_a_learner_off_roll_leaves_the_counts_and_keeps_the_ledger(run_service: RunService) -> None:
    visit = Visit(await run_service("outcomes"), mode="virtual")
    one, *_ = visit.learners
    await visit.begin()
    await visit.here.hear(visit.register())
    await visit.register_arrived()
    await visit.give_evidence()
    await visit.give_feedback()
    await visit.reflect(one)

    async def report(learners: int, minutes: int, denied: int) -> bool:
        found = await visit.progress()
        days = {each["code"]: each["learner_days"] for each in found["denied"]}
        counts = (found["learners_on_roll"], found["credited_minutes"], days.get("M7", 0))
        assert counts == (learners, minutes, denied)
        return True

    await eventually(lambda: report(3, 300, 2))
    await visit.here.hear(*visit.recorded(on_roll=False), sequence=2)
    await eventually(lambda: report(0, 0, 0))
    ledger = await visit.ledger(one)
    (total,) = ledger["totals"]
    assert (total["credited_minutes"], total["days"], total["flags"]) == (300, 1.0, ["all-virtual"])
    entries = await pages(visit.school, f"/v1/learners/{one}/ledger", limit=1)
    assert entries == ledger["items"]
    assert [entry["sequence"] for entry in entries] == list(range(len(entries), 0, -1))
    assert entries[0]["reason_codes"] == ["criteria-met", "virtual"]
    assert entries[1]["missing"] == sorted(entries[1]["missing"])
    await visit.here.hear(*visit.recorded(), sequence=3)
    await eventually(lambda: report(3, 300, 2))


async def test_a_learner_who_moves_school_takes_the_account_along(run_service: RunService) -> None:
    old = Visit(await run_service("outcomes"))
    one, two, three = old.learners
    await old.begin()
    await old.here.hear(old.register(), sequence=5)
    await old.register_arrived()
    await old.give_evidence()
    await old.give_feedback()
    await old.reflect()
    await old.stands(dict.fromkeys(old.learners, 300))
    new = Visit(old.here, learners=[one])
    await new.here.hear(*new.recorded(priority_flags=["send"]), sequence=7)

    async def counted(visit: Visit, learners: int, minutes: int) -> bool:
        found = await visit.progress()
        assert (found["learners_on_roll"], found["credited_minutes"]) == (learners, minutes)
        return True

    await eventually(lambda: counted(new, 1, 300))
    await eventually(lambda: counted(old, 2, 600))
    assert (await new.ledger(one))["items"][0]["kind"] == "credited"

    # A correction at the old school reaches the account at the new one.
    await old.here.hear(old.register({one: 100, two: 300, three: 300}), sequence=6)
    await eventually(lambda: counted(new, 1, 100))
    # The new school's entries are not the old school's to read.
    await new.begin()
    await new.here.hear(new.register(60))
    await new.register_arrived()
    assert new.session not in {each["session_id"] for each in (await old.ledger(one))["items"]}
    sequences = [
        event.sequence for event in await old.here.said(LedgerCredited) if event.data.key == str(one)
    ]
    assert sequences == sorted(set(sequences))


async def test_two_moves_before_the_first_is_seen_to_both_happen(
    run_service: RunService, postgres_admin_url: str
) -> None:
    first = Visit(await run_service("outcomes"))
    one, two, _ = first.learners
    await first.begin()

    async def on_roll(visit: Visit, learners: int) -> bool:
        found: int = (await visit.progress())["learners_on_roll"]
        return found == learners

    await eventually(lambda: on_roll(first, 3))
    second = Visit(first.here, learners=[one, two])
    third = Visit(first.here, learners=[one])
    database = postgres_admin_url.rsplit("/", 1)[0] + "/" + first.here.database.name
    connection = await asyncpg.connect(database)
    lock = "hashtextextended($1, 0)"
    try:  # the first school's accounts are being written for as long as both moves take
        await connection.execute(f"select pg_advisory_lock({lock})", str(first.institution))
        await first.here.hear(*second.recorded(), sequence=7)
        await eventually(lambda: on_roll(second, 2))
        await first.here.hear(*third.recorded(), sequence=8)
        await eventually(lambda: on_roll(third, 1))
    finally:
        await connection.close()

    await eventually(lambda: on_roll(first, 1))
    await eventually(lambda: on_roll(second, 1))


async def pages(client: Client, path: str, *, limit: int, **filters: Any) -> list[dict[str, Any]]:
    """Everything in a list, page by page."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get(path, limit=limit, **filters, **cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        assert 'rel="next"' in answer.headers["link"]
        cursor = {"cursor": page["next_cursor"]}
