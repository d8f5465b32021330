"""Opportunities from draft to withdrawal."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from shared.contracts.bookings import PlacesChanged
from shared.contracts.opportunities import (
    OpportunityPublished,
    OpportunityWithdrawn,
    SessionCancelled,
    SessionScheduled,
)
from shared.contracts.outcomes import FrameworkPublished
from tests.infra.polling import eventually
from tests.infra.running import Client, Running, RunService
from tests.opportunities.scenario import (
    TODAY,
    clock,
    draft,
    offer_body,
    publish,
    published_of,
    register_provider,
    session_body,
)

FRAMEWORK = FrameworkPublished(
    framework="equalex",
    version="2025-07",
    tiers=["introduce-inspire"],
    objective_codes=["II-1.1", "II-1.2"],
    criteria=["M1"],
)


async def test_an_opportunity_is_published_before_its_sessions(run_service: RunService) -> None:
    service = await run_service("opportunities", clock=clock())
    _, _, caller = await register_provider(service)
    found = await publish(caller, sessions=2, planned_criteria=["M1", "M3"])
    later = await caller.post(
        f"/v1/opportunities/{found['id']}/sessions", session_body(TODAY + timedelta(days=90))
    )
    session = found["sessions"][0]["id"]
    cancelled = await caller.post(f"/v1/sessions/{session}/cancellation", {"reason_code": "site-closed"})
    withdrawn = await caller.post(
        f"/v1/opportunities/{found['id']}/withdrawal", {"reason_code": "no-longer-offered"}
    )
    assert (later.status_code, cancelled.status_code, withdrawn.status_code) == (201, 200, 200)
    assert withdrawn.json()["state"] == "withdrawn"

    async def six_events() -> list[Any]:
        contracts = (OpportunityPublished, SessionScheduled, SessionCancelled, OpportunityWithdrawn)
        events = await published_of(service, found["id"], *contracts)
        assert len(events) == 6
        return events

    events = await eventually(six_events)
    assert [each.type for each in events] == [
        OpportunityPublished.type,
        SessionScheduled.type,
        SessionScheduled.type,
        SessionScheduled.type,
        SessionCancelled.type,
        OpportunityWithdrawn.type,
    ]
    assert events[0].data.planned_criteria == ["M1", "M3"]
    assert events[0].data.year_groups == [8, 9]
    assert [str(each.data.session_id) for each in events[1:3]] == [s["id"] for s in found["sessions"]]
    assert "drawing office" not in "".join(each.data.model_dump_json() for each in events)


async def test_a_draft_is_seen_by_its_provider_alone(idle_service: Running) -> None:
    provider, _, caller = await register_provider(idle_service)
    opportunity = await draft(caller)
    own = f"/v1/organisations/{provider}/opportunities"
    stranger = idle_service.caller("opportunities:write", organisation=uuid4())
    anyone = Client(idle_service.http)

    seen = await caller.get(f"{own}/{opportunity}")
    assert (seen.json()["state"], seen.headers["etag"]) == ("draft", '"v2"')
    assert [each["id"] for each in (await caller.get(own)).json()["items"]] == [opportunity]
    assert (await caller.get(own, state="published")).json()["items"] == []
    session = seen.json()["sessions"][0]["id"]

    for path in (own, f"{own}/{opportunity}"):
        assert (await stranger.get(path)).status_code == 404
        assert (await anyone.get(path)).status_code == 401
    for path in (f"/v1/opportunities/{opportunity}", f"/v1/sessions/{session}"):
        assert (await anyone.get(path)).status_code == 404
    assert (await anyone.get("/v1/opportunities")).json()["items"] == []


async def test_a_published_opportunity_is_everybodys_to_see(idle_service: Running) -> None:
    _, _, caller = await register_provider(idle_service)
    found = await publish(caller)
    anyone = Client(idle_service.http)

    read = await anyone.get(f"/v1/opportunities/{found['id']}")
    session = await anyone.get(f"/v1/sessions/{found['sessions'][0]['id']}")

    assert read.json() == found
    assert found["decision"] == {
        "rule_pack": "offering",
        "version": "2025.1",
        "reason_codes": ["no-assurance-needed"],
    }
    assert session.json() == found["sessions"][0]
    assert (session.json()["state"], session.json()["places_left"]) == ("scheduled", 12)
    assert "supervisor_ids" not in session.text


async def test_a_draft_is_replaced_with_the_version_it_was_read_at(idle_service: Running) -> None:
    _, _, caller = await register_provider(idle_service)
    opportunity = await draft(caller, sessions=0)
    path = f"/v1/opportunities/{opportunity}"

    changed = await caller.put(path, offer_body(title="Another day"), if_match='"v1"')
    stale = await caller.put(path, offer_body(), if_match='"v1"')

    assert (changed.json()["title"], changed.headers["etag"]) == ("Another day", '"v2"')
    assert stale.status_code == 412
    await caller.post(f"{path}/sessions", session_body())
    await caller.post(f"{path}/publication")
    late = await caller.put(path, offer_body(), if_match='"v5"')
    assert late.json()["slug"] == "opportunity-not-draft"


async def test_a_draft_is_refused_with_its_reason(idle_service: Running) -> None:
    _, _, caller = await register_provider(idle_service)

    async def refused(**members: Any) -> tuple[int, str, str]:
        answer = await caller.post("/v1/opportunities", offer_body(**members))
        return answer.status_code, answer.json()["slug"], answer.json()["field"]

    assert await refused(format="placement") == (422, "offer-not-allowed", "body.kind")
    assert await refused(mode="in_person") == (422, "offer-not-allowed", "body.site_id")
    elsewhere = await refused(mode="in_person", site_id=str(uuid4()))
    assert elsewhere == (422, "site-unknown", "body.site_id")
    assert await refused(year_groups=[6]) == (422, "invalid-request", "body.year_groups.0")
    assert await refused(title="bell\x07") == (422, "invalid-request", "body.title")
    assert (await refused(invented=1))[:2] == (422, "invalid-request")


async def test_only_providers_offer(idle_service: Running) -> None:
    unregistered = idle_service.caller("opportunities:write", organisation=uuid4())

    own = await unregistered.post("/v1/opportunities", offer_body())
    foreign = await unregistered.post("/v1/opportunities", offer_body(provider_id=str(uuid4())))

    assert own.json()["slug"] == "not-a-provider"
    assert foreign.status_code == 404


async def test_what_a_stranger_may_not_touch_is_not_there(idle_service: Running) -> None:
    _, _, caller = await register_provider(idle_service)
    found = await publish(caller)
    stranger = idle_service.caller("opportunities:write", organisation=uuid4())
    path, reason = f"/v1/opportunities/{found['id']}", {"reason_code": "mine-now"}
    session = f"/v1/sessions/{found['sessions'][0]['id']}/cancellation"

    answers = [
        await stranger.put(path, offer_body(), if_match='"v4"'),
        await stranger.post(f"{path}/sessions", session_body()),
        await stranger.post(f"{path}/publication"),
        await stranger.post(f"{path}/withdrawal", reason),
        await stranger.post(session, reason),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert (await Client(idle_service.http).get(path)).json() == found


async def test_sessions_are_refused_with_their_reason(idle_service: Running) -> None:
    _, _, caller = await register_provider(idle_service)
    opportunity = await draft(caller, sessions=0)
    path = f"/v1/opportunities/{opportunity}"
    double = session_body()
    double["days"] *= 2

    today = await caller.post(f"{path}/sessions", session_body(TODAY))
    twice = await caller.post(f"{path}/sessions", double)
    empty = await caller.post(f"{path}/publication")
    unknown = await caller.post(f"/v1/sessions/{uuid4()}/cancellation", {"reason_code": "site-closed"})

    assert today.json()["slug"] == "session-not-in-future"
    assert twice.json()["slug"] == "session-days-invalid"
    assert (empty.status_code, empty.json()["slug"]) == (409, "no-session-in-future")
    assert unknown.json()["slug"] == "session-unknown"


async def test_a_session_begins_at_an_english_local_time(idle_service: Running) -> None:
    _, _, caller = await register_provider(idle_service)
    path = f"/v1/opportunities/{await draft(caller)}/sessions"
    for starts, status in [("09:30Z", 422), ("09:30:00+01:00", 422), ("09:30:00.5", 422), ("09:30", 201)]:
        body = session_body()
        body["days"][0]["starts"] = starts
        answer = await caller.post(path, body)
        assert (starts, answer.status_code) == (starts, status), answer.text


async def test_objectives_are_checked_against_the_published_frameworks(run_service: RunService) -> None:
    service = await run_service("opportunities", clock=clock())
    _, _, caller = await register_provider(service)
    known = await draft(caller, objective_codes=["II-1.1"])
    unknown = await draft(caller, objective_codes=["II-1.1", "ZZ-9.9"])

    early = await caller.post(f"/v1/opportunities/{known}/publication")
    assert (early.status_code, early.json()["slug"]) == (409, "framework-not-known")
    await service.hear(FRAMEWORK, sequence=2)
    older = FRAMEWORK.model_copy(update={"objective_codes": ["AA-1.1"]})
    await service.hear(older, sequence=1)

    async def published() -> bool:
        return (await caller.post(f"/v1/opportunities/{known}/publication")).status_code == 200

    await eventually(published)
    refused = await caller.post(f"/v1/opportunities/{unknown}/publication")
    assert (refused.json()["slug"], refused.json()["field"]) == ("objective-unknown", "objective_codes.1")


async def test_places_left_are_those_of_the_newest_event_of_bookings(run_service: RunService) -> None:
    service = await run_service("opportunities", clock=clock())
    _, _, caller = await register_provider(service)
    found = await publish(caller, sessions=2)
    one, two = found["sessions"]

    def taken(session: dict[str, Any], number: int) -> PlacesChanged:
        return PlacesChanged(session_id=session["id"], opportunity_id=found["id"], places=12, taken=number)

    [newest] = await service.hear(taken(one, 5), sequence=2)
    await service.hear(taken(one, 3), sequence=1)
    await service.deliver(newest)
    await service.hear(taken(two, 12), sequence=1)
    anyone = Client(service.http)

    async def left(session: dict[str, Any]) -> int:
        return int((await anyone.get(f"/v1/sessions/{session['id']}")).json()["places_left"])

    async def both() -> bool:
        return (await left(one), await left(two)) == (7, 0)

    await eventually(both)
    [item] = (await anyone.get("/v1/opportunities", with_places=7)).json()["items"]
    assert [each["id"] for each in item["next_sessions"]] == [one["id"]]
    assert (await anyone.get("/v1/opportunities", with_places=8)).json()["items"] == []


async def test_a_session_keeps_its_places_taken_when_its_opportunity_changes(run_service: RunService) -> None:
    service = await run_service("opportunities", clock=clock())
    _, _, caller = await register_provider(service)
    found = await publish(caller)
    session = found["sessions"][0]["id"]
    changed = PlacesChanged(session_id=session, opportunity_id=found["id"], places=12, taken=4)
    await service.hear(changed)
    anyone = Client(service.http)

    async def counted() -> bool:
        return bool((await anyone.get(f"/v1/sessions/{session}")).json()["places_left"] == 8)

    await eventually(counted)
    await caller.post(f"/v1/opportunities/{found['id']}/sessions", session_body())
    assert await counted()
