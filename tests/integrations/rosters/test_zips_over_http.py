"""Zips are taken by their content, and answered with everything that was in them."""

from typing import Any
from uuid import uuid4

import pytest

from tests.infra.running import RunService
from tests.integrations.rosters.scenario import demographic, roster, user
from tests.integrations.rosters.test_rosters import CLOCK, SCOPES, send


@pytest.mark.parametrize("kind", ["application/x-zip-compressed", "application/octet-stream", "text/plain"])
async def test_a_zip_is_taken_under_any_media_type(run_service: RunService, kind: str) -> None:
    service = await run_service("integrations", clock=CLOCK, worker=False)
    mis = service.caller(SCOPES, organisation=uuid4())
    users = [user(1, grades="Y9"), user(2, grades="R"), user(3, grades="20")]

    answer = await send(mis, roster(users, [demographic(n) for n in (1, 2, 3)]), kind=kind)

    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    assert (body["rows"], body["accepted"], body["rejected_rows"]) == (2, 1, 1)
    assert body["warnings"] == [
        {"row": 2, "file": "users.csv", "column": "grades", "code": "year-group-read-by-table"}
    ]
    assert body["out_of_scope"] == [{"code": "year-group-before-7", "rows": 1}]
    assert (await mis.get(f"/v1/rosters/{body['id']}")).json() == body
