"""The national checklist over HTTP."""

from datetime import date

from tests.infra.running import RunService
from tests.safeguarding.scenario import open_scenario


async def test_anyone_may_read_the_checklist_in_force_and_any_version(run_service: RunService) -> None:
    scenario = await open_scenario(run_service, date(2026, 3, 2))

    present = await scenario.running.http.get("/v1/checklists/higher_risk")
    named = await scenario.running.http.get("/v1/checklists/higher_risk", params={"version": "2025-09-01"})

    assert present.status_code == 200, present.text
    assert present.json() == named.json()
    assert present.json()["version"] == "2025-09-01"
    insurance = next(i for i in present.json()["items"] if i["code"] == "employers-liability-insurance")
    assert (insurance["evidence"], insurance["exempt_by"]) == ("document", ["public_indemnity"])
    unknown = await scenario.running.http.get("/v1/checklists/low_risk", params={"version": "1"})
    assert (unknown.status_code, unknown.json()["slug"]) == (404, "not-found")
    assert (await scenario.running.http.get("/v1/checklists/no_risk")).status_code == 422
