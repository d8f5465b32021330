"""Rosters over HTTP: taken, refused, sealed, and never told in the clear."""

import json
import logging
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from shared.contracts.integrations import RosterReceived, RosterRowReceived
from shared.kernel import FixedClock
from tests.infra.polling import eventually
from tests.infra.running import ROSTER_KEY, Client, Running, RunService
from tests.integrations.rosters.scenario import (
    CANARY_FAMILY,
    CANARY_GIVEN,
    demographic,
    roster,
    school,
    table,
    upn,
    user,
)

SEALING = ["ECDH-ES+A256KW", "A256GCM"]
CLOCK = FixedClock(datetime(2026, 9, 1, 9, tzinfo=UTC))
SCOPES = "rosters:read rosters:write"


async def send(
    client: Client, body: bytes, *, key: str = "", kind: str = "application/zip"
) -> httpx2.Response:
    headers = client.headers | {"Content-Type": kind, "Idempotency-Key": key or str(uuid4())}
    return await client.http.post("/v1/rosters", content=body, headers=headers)


async def rows_said(service: Running, count: int) -> list[RosterRowReceived]:
    async def heard() -> list[RosterRowReceived]:
        events = await service.said(RosterRowReceived)
        return (
            [e.data for e in events if isinstance(e.data, RosterRowReceived)] if len(events) >= count else []
        )

    return await eventually(heard)


async def test_a_school_sends_62_learners_and_each_leaves_sealed(run_service: RunService) -> None:
    service = await run_service("integrations", clock=CLOCK)
    institution = uuid4()
    mis = service.caller(SCOPES, organisation=institution)

    answer = await send(mis, school(62, bom=True))

    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert body == {
        "id": body["id"], "kind": "bulk", "rows": 62, "accepted": 62, "rejected_rows": 0, "rejected": [],
        "warnings": [], "out_of_scope": [], "received_at": "2026-09-01T09:00:00Z",
    }  # fmt: skip
    assert answer.headers["location"] == f"/v1/rosters/{body['id']}"
    rows = await rows_said(service, 62)
    opened = {}
    for row in rows:
        opened[row.row] = json.loads(
            jwe.decrypt_compact(row.sealed, ROSTER_KEY, algorithms=SEALING).plaintext or b""
        )
    assert opened[6] == {
        "source_id": "learner-005", "upn": upn(5), "given_name": f"{CANARY_GIVEN}F",
        "family_name": CANARY_FAMILY, "birth_date": "2012-03-04", "year_group": 9,
        "priority_flags": ["free-school-meals", "send"], "status": "active",
    }  # fmt: skip
    received = (await service.said(RosterReceived))[0].data
    assert isinstance(received, RosterReceived)
    assert (str(received.roster_id), received.rows, received.rejected_rows) == (body["id"], 62, 0)
    assert len({row.row_key for row in rows}) == 62
    with pytest.raises((JoseError, ValueError)):
        jwe.decrypt_compact(rows[0].sealed, ECKey.generate_key("P-256"), algorithms=SEALING)


async def test_a_learners_rows_share_a_key_and_come_in_the_order_of_their_rosters(
    run_service: RunService,
) -> None:
    service = await run_service("integrations", clock=CLOCK)
    mis, other = (service.caller(SCOPES, organisation=uuid4()) for _ in range(2))

    for client in (mis, mis, other):
        assert (await send(client, school(1))).status_code == 202

    async def heard() -> list[Any]:
        events = await service.said(RosterRowReceived)
        return events if len(events) == 3 else []

    events = await eventually(heard)
    by_key: dict[str, list[int]] = {}
    for event in events:
        by_key.setdefault(event.data.key, []).append(event.sequence)
    assert sorted(by_key.values()) == [[1], [1, 2]]


async def test_the_same_key_is_answered_the_same_and_read_once(run_service: RunService) -> None:
    service = await run_service("integrations", clock=CLOCK, worker=False)
    mis = service.caller(SCOPES, organisation=uuid4())
    body = school(2)

    first, again = await send(mis, body, key="nightly"), await send(mis, body, key="nightly")
    other = await send(mis, school(3), key="nightly")

    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency-key-reused")
    assert len((await mis.get("/v1/rosters")).json()["items"]) == 1


async def test_rows_that_break_a_rule_are_told_and_the_others_taken(run_service: RunService) -> None:
    service = await run_service("integrations", clock=CLOCK, worker=False)
    mis = service.caller(SCOPES, organisation=uuid4())
    wrong = "A" + upn(2)[1:] if not upn(2).startswith("A") else "B" + upn(2)[1:]
    users = [user(1), user(2, userIds=f"{{UPN:{wrong}}}"), user(3, grades="14"), user(4, givenName="=cmd()")]

    answer = await send(mis, roster(users, [demographic(n) for n in range(1, 5)]))

    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert (body["rows"], body["accepted"], body["rejected_rows"]) == (4, 1, 3)
    assert [(each["row"], each["file"], each["column"], each["code"]) for each in body["rejected"]] == [
        (3, "users.csv", "userIds", "upn-check-letter"),
        (4, "users.csv", "grades", "year-group-out-of-range"),
        (5, "users.csv", "givenName", "characters-not-allowed"),
    ]
    assert wrong not in answer.text
    assert "cmd" not in answer.text
    assert (await mis.get(f"/v1/rosters/{body['id']}")).json() == body


async def test_of_many_faults_the_first_hundred_are_told(run_service: RunService) -> None:
    service = await run_service("integrations", clock=CLOCK, worker=False)
    mis = service.caller(SCOPES, organisation=uuid4())

    body = (await send(mis, roster([user(n, grades="20") for n in range(1, 131)], [demographic(1)]))).json()

    assert (body["rows"], body["accepted"], len(body["rejected"])) == (130, 0, 100)


async def test_a_broken_structure_refuses_the_whole(run_service: RunService) -> None:
    service = await run_service("integrations", clock=CLOCK, worker=False)
    mis = service.caller(SCOPES, organisation=uuid4())

    answer = await send(mis, roster(b"x" * 11_000_000, [demographic(1)]))

    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["slug"] == "roster-unreadable"
    assert (problem["file"], problem["reason"]) == ("users.csv", "too-large")
    assert (await mis.get("/v1/rosters")).json()["items"] == []


async def test_what_is_not_a_zip_or_too_large_is_refused_before_it_is_read(run_service: RunService) -> None:
    service = await run_service("integrations", clock=CLOCK, worker=False)
    mis = service.caller(SCOPES, organisation=uuid4())

    assert (await send(mis, b"{}", kind="application/json")).status_code == 415
    assert (await send(mis, b"0" * 5_000_001)).status_code == 413
    large_but_allowed = await send(mis, b"0" * 4_000_000)
    assert large_but_allowed.json()["slug"] == "roster-unreadable"
    reader = service.caller("rosters:read", organisation=uuid4())
    assert (await send(reader, school(1))).status_code == 403


async def test_rosters_are_paged_newest_first(run_service: RunService) -> None:
    service = await run_service("integrations", clock=CLOCK, worker=False)
    mis = service.caller(SCOPES, organisation=uuid4())
    sent = [(await send(mis, school(1))).json()["id"] for _ in range(3)]

    first = (await mis.get("/v1/rosters", limit=2)).json()
    second = (await mis.get("/v1/rosters", limit=2, cursor=first["next_cursor"])).json()

    assert [item["id"] for item in first["items"] + second["items"]] == sent[::-1]
    assert second["next_cursor"] is None
    assert (await mis.get("/v1/rosters", cursor="AAAA")).json()["slug"] == "cursor-invalid"


async def test_another_school_sees_nothing_and_the_database_alone_holds_it(run_service: RunService) -> None:
    service = await run_service("integrations", clock=CLOCK, worker=False)
    mine, other = uuid4(), uuid4()
    sent = (await send(service.caller(SCOPES, organisation=mine), school(1))).json()["id"]
    stranger = service.caller(SCOPES, organisation=other)

    assert (await stranger.get(f"/v1/rosters/{sent}")).status_code == 404
    assert (await stranger.get("/v1/rosters")).json()["items"] == []
    assert await seen_by(service, other, "rosters") == 0
    assert await seen_by(service, None, "rosters") == 0
    assert await seen_by(service, mine, "rosters") == 1


async def test_nothing_personal_is_in_outbox_logs_or_answers(
    run_service: RunService, caplog: pytest.LogCaptureFixture
) -> None:
    service = await run_service("integrations", clock=CLOCK, worker=False)
    institution = uuid4()
    mis = service.caller(SCOPES, organisation=institution)
    caplog.set_level(logging.DEBUG)

    bad = await send(mis, roster([user(1, grades="nine"), user(2)], [demographic(1), demographic(2)]))
    broken = await send(mis, roster(table([user(1)]) + b'"unclosed', [demographic(1)]))

    connection = await asyncpg.connect(service.database.owner_url)
    try:
        await connection.execute("select set_config('app.tenants', $1, false)", str(institution))
        dump = ""
        for name in ("outbox", "inbox", "rosters", "parked_messages"):
            rows = await connection.fetch(f"select * from {name}")
            dump += "".join(str(dict(row)) for row in rows)
        assert "roster.row_received.v1" in dump
        assert "year-group-unreadable" in dump
    finally:
        await connection.close()
    for canary in (CANARY_GIVEN, CANARY_FAMILY, upn(1), upn(2), "2012-03-04", "learner-00"):
        assert canary not in dump + bad.text + broken.text + caplog.text


async def seen_by(service: Running, organisation: Any, table_name: str) -> int:
    """How many rows the app role sees for an organisation, by row-level security alone."""
    connection = await asyncpg.connect(service.database.app_url)
    try:
        async with connection.transaction():
            tenants = str(organisation) if organisation else ""
            await connection.execute("select set_config('app.tenants', $1, true)", tenants)
            return int(await connection.fetchval(f"select count(*) from {table_name}"))
    finally:
        await connection.close()
