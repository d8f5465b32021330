"""Clearances: decided by the rules when a booking is requested, by a person when they refer it."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from safeguarding.adapters.clearances import CASE
from safeguarding.application import rules
from safeguarding.consumers.policies import when_booking_requested_decide_clearance
from safeguarding.domain.clearing import decide
from shared.bus.inbox import Message
from shared.contracts.bookings import BookingChanged, BookingEnded, BookingRequested, LearnerErased
from shared.contracts.envelope import Event
from shared.contracts.opportunities import SessionCancelled, SessionScheduled
from shared.contracts.safeguarding import ClearanceGranted, ClearanceReferred, ClearanceRefused
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.safeguarding.scene import TODAY, Scene, as_tenants, learner, set_scene

DAY = TODAY + timedelta(days=14)
SEEN = {
    "type": "enhanced_with_barred_list",
    "seen_on": TODAY.isoformat(),
    "seen_by_role": "manager",
    "outcome": True,
}


def days(count: int, first: date = DAY) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def said_of(booking: BookingRequested) -> dict[str, Any]:
    return booking.model_dump(include={"booking_id", "session_id", "opportunity_id"}) | {
        "institution_id": booking.institution_id,
        "provider_id": booking.provider_id,
    }


async def supervised(scene: Scene, supervisor: UUID) -> int:
    """On how many rows of days an adult supervises, as the provider's tenant sees them."""
    async with as_tenants(scene.running.database.app_url, scene.provider_id) as provider:
        count = "select count(*) from supervised_days where supervisor_id = $1"
        return int(await provider.fetchval(count, supervisor))


async def test_an_assured_booking_is_granted_and_its_parties_may_know(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    booking = await scene.book(await scene.offer(DAY))

    clearance = await scene.clearance(booking)

    assert clearance["state"] == "granted"
    assert clearance["decision"] == {
        "rule_pack": "clearance",
        "version": "2025-09-01",
        "reason_codes": ["assurance-in-force", "dbs-not-required"],
    }
    [event] = await scene.said(ClearanceGranted)
    assert event.data.key == str(booking.booking_id)
    path = f"/v1/bookings/{booking.booking_id}/clearance"
    assert (await scene.provider.get(path)).json() == clearance
    assert (await scene.caller("clearances:read", uuid4()).get(path)).status_code == 404
    async with as_tenants(scene.running.database.app_url, uuid4()) as stranger:
        assert await stranger.fetchval("select count(*) from clearances") == 0
        assert await stranger.fetchval("select count(*) from supervised_days") == 0


async def test_without_an_assurance_it_is_refused(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    booking = await scene.book(await scene.offer(DAY))

    assert (await scene.clearance(booking))["state"] == "refused"
    [event] = await scene.said(ClearanceRefused)
    assert isinstance(event.data, ClearanceRefused)
    assert event.data.decision.reason_codes[0] == "assurance-missing"


async def test_a_booking_heard_before_its_session_waits_for_it(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    session = await scene.offer(DAY)
    unheard = session.model_copy(update={"session_id": uuid4()})
    booking = await scene.book(unheard)

    await scene.running.hear(unheard)

    assert (await scene.clearance(booking))["state"] == "granted"


async def test_a_redelivered_booking_changes_nothing(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    session = await scene.offer(DAY)
    booking = scene.booking(session)
    [envelope] = await scene.running.hear(booking)
    await scene.clearance(booking)

    await scene.running.deliver(envelope)
    await scene.running.hear(booking)
    later = await scene.book(session)
    await scene.clearance(later)

    keys = [event.data.key for event in await scene.said(ClearanceGranted, 2)]
    assert keys.count(str(booking.booking_id)) == 1


async def test_an_adults_days_are_summed_over_bookings_of_different_schools(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    adult = uuid4()
    first = await scene.book(await scene.offer(*days(3), supervisors=[adult], accompanied=False))
    assert (await scene.clearance(first))["state"] == "granted"
    session = await scene.offer(DAY + timedelta(days=20), supervisors=[adult], accompanied=False)

    unchecked = await scene.book(session, institution_id=uuid4())
    refused = await scene.clearance(unchecked)
    assert refused["decision"]["reason_codes"] == ["dbs-check-not-seen", "assurance-in-force", "dbs-required"]
    recorded = await scene.provider.put(f"/v1/supervisors/{adult}", {"dbs_check": SEEN})
    assert recorded.json() == {"supervisor_id": str(adult), "dbs_check": SEEN}

    checked = await scene.book(session, institution_id=uuid4())
    assert (await scene.clearance(checked))["state"] == "granted"
    assert await supervised(scene, adult) == 4


async def test_a_booking_that_ends_gives_its_adults_their_days_back(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    adult = uuid4()
    session = await scene.offer(*days(3), supervisors=[adult])
    booking = await scene.book(session)
    await scene.clearance(booking)
    assert await supervised(scene, adult) == 3

    await scene.running.hear(
        BookingEnded(**said_of(booking), state="cancelled", reason_codes=["asked-for"]), sequence=2
    )

    async def ended() -> bool:
        return bool((await scene.clearance(booking))["state"] == "ended")

    await eventually(ended)
    assert await supervised(scene, adult) == 0


async def test_days_stop_counting_when_the_last_learner_under_16_leaves(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    adult, young, old = uuid4(), learner(), learner(under_16=False)
    booking = await scene.book(await scene.offer(DAY, supervisors=[adult]), learners=[young, old])
    await scene.clearance(booking)
    assert await supervised(scene, adult) == 1

    left = BookingChanged(
        **said_of(booking), learner_ids=[old.learner_id], removed_learner_ids=[young.learner_id]
    )
    await scene.running.hear(left, sequence=2)

    async def freed() -> bool:
        return await supervised(scene, adult) == 0

    await eventually(freed)
    assert (await scene.clearance(booking))["state"] == "granted"


async def test_an_erased_learner_is_forgotten(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    young = learner()
    await scene.clearance(await scene.book(await scene.offer(DAY), learners=[young]))

    await scene.running.hear(LearnerErased(learner_id=young.learner_id, institution_id=scene.school_id))

    async def forgotten() -> bool:
        async with as_tenants(scene.running.database.app_url, scene.school_id) as school:
            text = await school.fetchval("select row_to_json(clearances)::text from clearances")
        return str(young.learner_id) not in text

    await eventually(forgotten)


async def test_a_lead_of_the_school_decides_what_the_rules_refer(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    adult = uuid4()
    await scene.provider.put(f"/v1/supervisors/{adult}", {"dbs_check": SEEN})
    session = await scene.offer(DAY, overnight=True, supervisors=[adult])
    bookings = [await scene.book(session) for _ in range(2)]
    first, second = [await scene.clearance(booking) for booking in bookings]
    assert (first["state"], second["state"]) == ("referred", "referred")
    await scene.said(ClearanceReferred, 2)

    page = (await scene.school.get("/v1/clearances", state="referred", limit=1)).json()
    rest = await scene.school.get("/v1/clearances", state="referred", limit=1, cursor=page["next_cursor"])
    waiting = {page["items"][0]["id"], rest.json()["items"][0]["id"]}
    assert waiting == {first["id"], second["id"]}
    decision = {"granted": True, "reason_code": "host-family-checked"}
    path = f"/v1/clearances/{first['id']}/decision"
    assert (await scene.lead().post(path, decision)).status_code == 404
    assert (await scene.provider.post(path, decision)).json()["slug"] == "scope-missing"

    granted = await scene.school.post(path, decision)
    refused = await scene.school.post(
        f"/v1/clearances/{second['id']}/decision", {"granted": False, "reason_code": "host-unknown"}
    )

    assert granted.json()["state"] == "granted", granted.text
    assert refused.json()["state"] == "refused"
    assert granted.json()["decision"]["reason_codes"][-2:] == ["decided-by-a-person", "host-family-checked"]
    assert (await scene.school.post(path, decision)).json()["slug"] == "clearance-not-referred"
    [event] = await scene.said(ClearanceGranted)
    assert event.sequence == 2
    await scene.said(ClearanceRefused)
    assert await supervised(scene, adult) == 1
    assert (await scene.school.get("/v1/clearances", state="referred")).json()["items"] == []


async def test_nobody_grants_what_is_suspended_meanwhile(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure(band="higher_risk")
    changes = {"format": "placement", "activity_band": "higher_risk"}
    booking = await scene.book(await scene.offer(DAY, **changes))
    clearance = await scene.clearance(booking)
    assert "mhswr-higher-risk-child" in clearance["decision"]["reason_codes"]
    concern = {
        "provider_id": str(scene.provider_id),
        "category": "supervision",
        "description": "An example",
        "immediate_risk": True,
    }
    assert (await scene.school.post("/v1/concerns", concern)).status_code == 201

    path = f"/v1/clearances/{clearance['id']}/decision"
    answer = await scene.school.post(path, {"granted": True, "reason_code": "looked-into"})

    assert (answer.status_code, answer.json()["slug"]) == (409, "assurance-not-in-force")


async def test_a_cancelled_session_is_refused(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    session = await scene.offer(DAY)
    cancelled = SessionCancelled(
        **session.model_dump(include={"session_id", "opportunity_id", "provider_id"}), reason_code="storm"
    )
    await scene.running.hear(cancelled, sequence=2)
    await scene.running.hear(session)
    later = session.model_copy(update={"session_id": uuid4()})
    await scene.running.hear(later)
    await scene.clearance(await scene.book(later))

    booking = await scene.book(session)

    assert (await scene.clearance(booking))["decision"]["reason_codes"][0] == "session-cancelled"


async def test_every_stored_decision_comes_out_the_same_again(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    adult = uuid4()
    autumn = date(2026, 10, 5)
    offers = [
        await scene.offer(DAY),
        await scene.offer(*days(5), supervisors=[adult], accompanied=False),
        await scene.offer(DAY, mode="virtual", site_id=None),
        await scene.offer(*days(5, autumn), supervisors=[adult]),
        await scene.offer(DAY, overnight=True),
    ]
    for offer in offers:
        await scene.clearance(await scene.book(offer))

    async with as_tenants(scene.running.database.app_url, scene.school_id) as school:
        rows = await school.fetch(
            "select state, rule_version, reason_codes, inputs::text as inputs from clearances"
        )

    assert len(rows) == len(offers)
    assert {row["rule_version"] for row in rows} == {"2025-09-01", "2026-09-01"}
    for row in rows:
        again = decide(CASE.validate_json(row["inputs"]), rules.clearance_rules_version(row["rule_version"]))
        assert (again.state, list(again.reason_codes)) == (row["state"], row["reason_codes"])


async def test_a_check_seen_tomorrow_is_refused_and_others_keep_their_own(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    adult = uuid4()
    path = f"/v1/supervisors/{adult}"
    tomorrow = SEEN | {"seen_on": (TODAY + timedelta(days=1)).isoformat()}

    assert (await scene.provider.put(path, {"dbs_check": tomorrow})).json()["slug"] == "seen-on-in-future"
    assert (await scene.provider.put(path, {"dbs_check": SEEN})).status_code == 200
    other = scene.caller("assurances:write", uuid4())
    assert (await other.put(path, {"dbs_check": None})).json()["dbs_check"] is None
    async with as_tenants(scene.running.database.app_url, scene.provider_id) as provider:
        seen = await provider.fetch("select dbs_outcome from supervisors")
        assert [row["dbs_outcome"] for row in seen] == [True]


async def test_bookings_of_one_adult_at_the_same_time_see_each_others_days(
    run_service: RunService,
) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    adult = uuid4()
    sessions = [
        await scene.offer(*days(2, DAY + timedelta(days=shift)), supervisors=[adult], accompanied=False)
        for shift in range(0, 24, 4)
    ]
    older = [await scene.book(session, learners=[learner(under_16=False)]) for session in sessions]
    # All read at once, so that the pool has a connection for each of what follows.
    await asyncio.gather(*map(scene.clearance, older))
    bus = scene.running.runtime.bus

    async def decide_one(session: SessionScheduled) -> None:
        instruction = when_booking_requested_decide_clearance(
            Event(uuid4(), "/services/test", scene.clock.now(), 1, scene.booking(session))
        )
        message = Message("test", str(uuid4()), instruction.tenants)
        await bus.execute(message, instruction.handler, instruction.command)

    await asyncio.gather(*(decide_one(session) for session in sessions))

    async with as_tenants(scene.running.database.app_url, scene.provider_id) as provider:
        states = await provider.fetch("select state from clearances where under_16_learners <> '{}'")
    assert sorted(row["state"] for row in states) == ["granted", *["refused"] * 5]
    assert await supervised(scene, adult) == 2
