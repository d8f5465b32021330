"""Clearances: decided by the rules when a booking is requested, by a person when they refer it."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from safeguarding.clearances.domain.clearance_rules import decide
from safeguarding.clearances.policies import when_booking_requested_decide_clearance
from safeguarding.clearances.repository import CASE
from safeguarding.clearances.rule_packs import ClearanceRulePacks
from safeguarding.main import RULES
from shared.bus.inbox import Message
from shared.contracts.bookings import BookingChanged, BookingEnded, BookingRequested, LearnerErased
from shared.contracts.envelope import Event
from shared.contracts.opportunities import SessionScheduled
from shared.contracts.safeguarding import ClearanceGranted, ClearanceReferred, ClearanceRefused
from shared.rulepacks import RulePacks
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.safeguarding.scenario import SEEN, TODAY, Scenario, as_tenants, learner, open_scenario

DAY = TODAY + timedelta(days=14)


def days(count: int, first: date = DAY) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def named(booking: BookingRequested) -> dict[str, Any]:
    return booking.model_dump(include={"booking_id", "session_id", "opportunity_id"}) | {
        "institution_id": booking.institution_id,
        "provider_id": booking.provider_id,
    }


async def supervised(scenario: Scenario, supervisor: UUID) -> int:
    """On how many rows of days an adult supervises, as the provider's tenant sees them."""
    async with as_tenants(scenario.running.database.app_url, scenario.provider_id) as provider:
        count = "select count(*) from supervised_days where supervisor_id = $1"
        return int(await provider.fetchval(count, supervisor))


async def test_an_assured_booking_is_granted_and_its_parties_may_know(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    booking = await scenario.book(await scenario.offer(DAY))

    clearance = await scenario.clearance(booking)

    assert clearance["state"] == "granted"
    assert clearance["decision"] == {
        "rule_pack": "clearance",
        "version": "2025-09-01",
        "reason_codes": ["assurance-in-force", "dbs-not-required"],
    }
    [event] = await scenario.published(ClearanceGranted)
    assert event.data.key == str(booking.booking_id)
    path = f"/v1/bookings/{booking.booking_id}/clearance"
    assert (await scenario.provider.get(path)).json() == clearance
    assert (await scenario.caller("clearances:read", uuid4()).get(path)).status_code == 404
    async with as_tenants(scenario.running.database.app_url, uuid4()) as stranger:
        assert await stranger.fetchval("select count(*) from clearances") == 0
        assert await stranger.fetchval("select count(*) from supervised_days") == 0


async def test_without_an_assurance_it_is_refused(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    booking = await scenario.book(await scenario.offer(DAY))

    assert (await scenario.clearance(booking))["state"] == "refused"
    [event] = await scenario.published(ClearanceRefused)
    assert isinstance(event.data, ClearanceRefused)
    assert event.data.decision.reason_codes[0] == "assurance-missing"


async def test_a_booking_that_arrives_before_its_session_waits_for_it(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    session = await scenario.offer(DAY)
    not_arrived = session.model_copy(update={"session_id": uuid4()})
    booking = await scenario.book(not_arrived)

    await scenario.running.hear(not_arrived)

    assert (await scenario.clearance(booking))["state"] == "granted"


async def test_a_redelivered_booking_changes_nothing(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    session = await scenario.offer(DAY)
    booking = scenario.booking(session)
    [envelope] = await scenario.running.hear(booking)
    await scenario.clearance(booking)

    await scenario.running.deliver(envelope)
    await scenario.running.hear(booking)
    later = await scenario.book(session)
    await scenario.clearance(later)

    keys = [event.data.key for event in await scenario.published(ClearanceGranted, 2)]
    assert keys.count(str(booking.booking_id)) == 1


async def test_an_adults_days_are_summed_over_bookings_of_different_schools(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    adult = uuid4()
    first = await scenario.book(await scenario.offer(*days(3), supervisors=[adult], accompanied=False))
    assert (await scenario.clearance(first))["state"] == "granted"
    session = await scenario.offer(DAY + timedelta(days=20), supervisors=[adult], accompanied=False)

    unchecked = await scenario.book(session, institution_id=uuid4())
    refused = await scenario.clearance(unchecked)
    assert refused["decision"]["reason_codes"] == ["dbs-check-not-seen", "assurance-in-force", "dbs-required"]
    recorded = await scenario.provider.put(f"/v1/supervisors/{adult}", {"dbs_check": SEEN})
    assert recorded.json() == {"supervisor_id": str(adult), "dbs_check": SEEN, "no_check_needed": None}

    checked = await scenario.book(session, institution_id=uuid4())
    assert (await scenario.clearance(checked))["state"] == "granted"
    assert await supervised(scenario, adult) == 4


async def test_a_booking_that_ends_gives_its_adults_their_days_back(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    adult = uuid4()
    session = await scenario.offer(*days(3), supervisors=[adult])
    booking = await scenario.book(session)
    await scenario.clearance(booking)
    assert await supervised(scenario, adult) == 3

    await scenario.running.hear(
        BookingEnded(**named(booking), state="cancelled", reason_codes=["asked-for"]), sequence=2
    )

    async def ended() -> bool:
        return bool((await scenario.clearance(booking))["state"] == "ended")

    await eventually(ended)
    assert await supervised(scenario, adult) == 0


async def test_days_stop_counting_when_the_last_learner_under_16_leaves(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    adult, young, old = uuid4(), learner(), learner(under_16=False)
    booking = await scenario.book(await scenario.offer(DAY, supervisors=[adult]), learners=[young, old])
    await scenario.clearance(booking)
    assert await supervised(scenario, adult) == 1

    left = BookingChanged(
        **named(booking), learner_ids=[old.learner_id], removed_learner_ids=[young.learner_id]
    )
    await scenario.running.hear(left, sequence=2)

    async def freed() -> bool:
        return await supervised(scenario, adult) == 0

    await eventually(freed)
    assert (await scenario.clearance(booking))["state"] == "granted"


async def test_an_erased_learner_is_forgotten(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    young = learner()
    await scenario.clearance(await scenario.book(await scenario.offer(DAY), learners=[young]))

    await scenario.running.hear(LearnerErased(learner_id=young.learner_id, institution_id=scenario.school_id))

    async def forgotten() -> bool:
        async with as_tenants(scenario.running.database.app_url, scenario.school_id) as school:
            text = await school.fetchval("select row_to_json(clearances)::text from clearances")
        return str(young.learner_id) not in text

    await eventually(forgotten)


async def test_a_lead_of_the_school_decides_what_the_rules_refer(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    adult = uuid4()
    await scenario.provider.put(f"/v1/supervisors/{adult}", {"dbs_check": SEEN})
    session = await scenario.offer(DAY, overnight=True, supervisors=[adult])
    bookings = [await scenario.book(session) for _ in range(2)]
    first, second = [await scenario.clearance(booking) for booking in bookings]
    assert (first["state"], second["state"]) == ("referred", "referred")
    await scenario.published(ClearanceReferred, 2)

    page = (await scenario.school.get("/v1/clearances", state="referred", limit=1)).json()
    rest = await scenario.school.get("/v1/clearances", state="referred", limit=1, cursor=page["next_cursor"])
    waiting = {page["items"][0]["id"], rest.json()["items"][0]["id"]}
    assert waiting == {first["id"], second["id"]}
    decision = {"granted": True, "reason_code": "host-family-checked"}
    path = f"/v1/clearances/{first['id']}/decision"
    assert (await scenario.lead().post(path, decision)).status_code == 404
    assert (await scenario.provider.post(path, decision)).json()["slug"] == "scope-missing"

    granted = await scenario.school.post(path, decision)
    refused = await scenario.school.post(
        f"/v1/clearances/{second['id']}/decision", {"granted": False, "reason_code": "host-unknown"}
    )

    assert granted.json()["state"] == "granted", granted.text
    assert refused.json()["state"] == "refused"
    assert granted.json()["decision"]["reason_codes"][-2:] == ["decided-by-a-person", "host-family-checked"]
    assert (await scenario.school.post(path, decision)).json()["slug"] == "clearance-not-referred"
    [event] = await scenario.published(ClearanceGranted)
    assert event.sequence == 2
    await scenario.published(ClearanceRefused)
    assert await supervised(scenario, adult) == 1
    assert (await scenario.school.get("/v1/clearances", state="referred")).json()["items"] == []


async def test_nobody_grants_what_is_suspended_meanwhile(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure(band="higher_risk")
    changes = {"format": "placement", "activity_band": "higher_risk"}
    booking = await scenario.book(await scenario.offer(DAY, **changes))
    clearance = await scenario.clearance(booking)
    assert "mhswr-higher-risk-child" in clearance["decision"]["reason_codes"]
    concern = {
        "provider_id": str(scenario.provider_id),
        "category": "supervision",
        "description": "An example",
        "immediate_risk": True,
    }
    assert (await scenario.school.post("/v1/concerns", concern)).status_code == 201

    path = f"/v1/clearances/{clearance['id']}/decision"
    answer = await scenario.school.post(path, {"granted": True, "reason_code": "looked-into"})

    assert (answer.status_code, answer.json()["slug"]) == (409, "assurance-not-in-force")


async def test_every_stored_decision_comes_out_the_same_again(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    adult = uuid4()
    autumn = date(2026, 10, 5)
    offers = [
        await scenario.offer(DAY),
        await scenario.offer(*days(5), supervisors=[adult], accompanied=False),
        await scenario.offer(DAY, mode="virtual", site_id=None),
        await scenario.offer(*days(5, autumn), supervisors=[adult]),
        await scenario.offer(DAY, overnight=True),
    ]
    for offer in offers:
        await scenario.clearance(await scenario.book(offer))

    async with as_tenants(scenario.running.database.app_url, scenario.school_id) as school:
        rows = await school.fetch(
            "select state, rule_version, reason_codes, inputs::text as inputs from clearances"
        )

    assert len(rows) == len(offers)
    assert {row["rule_version"] for row in rows} == {"2025-09-01", "2026-09-01"}
    rules = ClearanceRulePacks(RulePacks(RULES))
    for row in rows:
        again = decide(CASE.validate_json(row["inputs"]), rules.version(row["rule_version"]))
        assert (again.state, list(again.reason_codes)) == (row["state"], row["reason_codes"])


async def test_bookings_of_one_adult_at_the_same_time_see_each_others_days(
    run_service: RunService,
) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    adult = uuid4()
    sessions = [
        await scenario.offer(*days(2, DAY + timedelta(days=shift)), supervisors=[adult], accompanied=False)
        for shift in range(0, 24, 4)
    ]
    older = [await scenario.book(session, learners=[learner(under_16=False)]) for session in sessions]
    # All read at once, so that the pool has a connection for each of what follows.
    await asyncio.gather(*map(scenario.clearance, older))
    bus = scenario.running.runtime.bus

    async def decide_one(session: SessionScheduled) -> None:
        instruction = when_booking_requested_decide_clearance(
            Event(uuid4(), "/services/test", scenario.clock.now(), 1, scenario.booking(session))
        )
        message = Message("test", str(uuid4()), instruction.tenants)
        await bus.execute(message, instruction.handler, instruction.command)

    await asyncio.gather(*(decide_one(session) for session in sessions))

    async with as_tenants(scenario.running.database.app_url, scenario.provider_id) as provider:
        states = await provider.fetch("select state from clearances where under_16_learners <> '{}'")
    assert sorted(row["state"] for row in states) == ["granted", *["refused"] * 5]
    assert await supervised(scenario, adult) == 2
