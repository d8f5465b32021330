"""What `opportunities` makes of what it said, where a restored database does not know of it."""

import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from shared.contracts.opportunities import (
    OpportunityPublished,
    OpportunityWithdrawn,
    OrganisationRecorded,
    SessionCancelled,
    SessionScheduled,
)
from shared.contracts.vocabulary import SessionDay
from tests.infra.restoring import settle
from tests.infra.running import Running
from tests.opportunities.scenario import TODAY, draft, offer_body, publish, register_provider


async def told(service: Running, key: UUID | str) -> list[tuple[str, int, dict[str, Any]]]:
    """What waits to be sent of an aggregate: type, sequence and data."""
    connection = await asyncpg.connect(service.database.relay_url, timeout=60)
    try:
        rows = await connection.fetch(
            "select headers, payload from outbox where key = $1 order by id", str(key)
        )
    finally:
        await connection.close()
    headers = [json.loads(row["headers"]) for row in rows]
    return [
        (each["ce_type"], int(each["ce_sequence"]), json.loads(row["payload"]))
        for each, row in zip(headers, rows, strict=True)
    ]


def opportunity(opportunity_id: UUID, provider: UUID) -> OpportunityPublished:
    offered = {"opportunity_id": opportunity_id, "provider_id": provider, "site_id": None}
    return OpportunityPublished.model_validate(offer_body() | offered)


def session(session_id: UUID, opportunity_id: UUID, provider: UUID) -> SessionScheduled:
    day = SessionDay.model_validate({"on": TODAY, "starts": "09:00", "ends": "15:00"})
    return SessionScheduled(
        session_id=session_id, opportunity_id=opportunity_id, provider_id=provider, site_id=None,
        places=5, days=[day],
    )  # fmt: skip


async def test_what_was_lost_is_told_to_be_over(idle_service: Running) -> None:
    provider, organisation, gone, run = uuid4(), uuid4(), uuid4(), uuid4()
    said = OrganisationRecorded(organisation_id=organisation, kind="provider", area_code=None)

    await settle(idle_service, said, opportunity(gone, provider), session(run, gone, provider))

    ((kind, _, data),) = await told(idle_service, organisation)
    assert (kind, data["open"]) == ("organisation.recorded.v1", False)
    ends = await told(idle_service, gone)
    assert [kind for kind, _, _ in ends] == ["opportunity.withdrawn.v1", "session.cancelled.v1"]


async def test_an_organisation_that_others_heard_was_closed_does_not_open_again(
    idle_service: Running,
) -> None:
    provider, _, caller = await register_provider(idle_service)
    said = OrganisationRecorded(organisation_id=provider, kind="provider", area_code=None, open=False)

    await settle(idle_service, said, said)

    assert not (await caller.get(f"/v1/organisations/{provider}")).json()["open"]
    assert [data["open"] for _, _, data in await told(idle_service, provider)] == [True, False]


async def test_a_draft_that_others_heard_published_is_withdrawn_until_it_is_published_again(
    idle_service: Running,
) -> None:
    provider, _, caller = await register_provider(idle_service)
    drafted = await draft(caller)

    await settle(idle_service, opportunity(UUID(drafted), provider))

    ((kind, sequence, _),) = await told(idle_service, drafted)
    assert (kind, sequence) == ("opportunity.withdrawn.v1", 2)  # drafted, and a session added
    published = await caller.post(f"/v1/opportunities/{drafted}/publication")
    assert published.status_code == 200
    assert [sequence for _, sequence, _ in await told(idle_service, drafted)] == [2, 3, 4]


async def test_an_end_that_others_heard_stays(idle_service: Running) -> None:
    provider, _, caller = await register_provider(idle_service)
    found = await publish(caller, sessions=2)
    ids = {"opportunity_id": UUID(found["id"]), "provider_id": provider}
    run = UUID(found["sessions"][0]["id"])

    cancelled = SessionCancelled(**ids, session_id=run, reason_code="trip-moved")
    await settle(idle_service, cancelled, cancelled)
    withdrawn = OpportunityWithdrawn(**ids, reason_code="no-longer-offered")
    await settle(idle_service, withdrawn, withdrawn)

    kinds = [kind for kind, _, _ in await told(idle_service, found["id"])]
    assert kinds[-2:] == ["session.cancelled.v1", "opportunity.withdrawn.v1"]
