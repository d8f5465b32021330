"""The public search."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from tests.infra.running import Client, Running
from tests.opportunities.scenario import TODAY, draft, publish, register_provider, session_body


async def test_what_is_published_is_found_at_once_by_its_words(idle_service: Running) -> None:
    _, _, caller = await register_provider(idle_service, "Mersey Example Engineering")
    found = await publish(caller, title="Bridges and bolts", summary="Look into design.")
    anyone = Client(idle_service.http)

    for words in ("bridge", "designing", "advanced manufacturing", "mersey bolts", '"example engineering"'):
        items = (await anyone.get("/v1/opportunities", q=words)).json()["items"]
        assert [each["id"] for each in items] == [found["id"]], words
    for words in ("bakery", "bridge -bolts", "the", "!!! &| :*", "'"):
        answer = await anyone.get("/v1/opportunities", q=words)
        assert answer.json()["items"] == [], words


async def test_the_nearest_come_first_within_the_radius(idle_service: Running) -> None:
    listed = {}
    for postcode in ("CH41 1AA", "L3 1HU", "WA8 7QF", "S1 2HE"):
        provider, _, caller = await register_provider(idle_service, postcode, postcode)
        # In school needs no assurance and may have a site: the way to a place without a worker.
        site = (await caller.get(f"/v1/organisations/{provider}")).json()["sites"][0]["id"]
        listed[postcode] = (await publish(caller, mode="in_school", site_id=site))["id"]
    _, _, caller = await register_provider(idle_service, "Online Example")
    await publish(caller)
    anyone = Client(idle_service.http)

    near = (await anyone.get("/v1/opportunities", near="L3 1HU", radius_km=30)).json()["items"]
    assert [each["provider_name"] for each in near] == ["L3 1HU", "CH41 1AA", "WA8 7QF"]
    distances = [each["distance_km"] for each in near]
    assert distances[0] == 0.0
    assert distances == sorted(distances)
    assert 1 < distances[1] < 3
    assert near[0]["area_code"] == "liverpool-city-region"
    assert near[0]["growth_sector"] is True

    walked, cursor = [], None
    while True:
        asked: dict[str, Any] = {"easting": 333928, "northing": 390297, "radius_km": 200, "limit": 1}
        page = (
            await anyone.get("/v1/opportunities", **asked, **({"cursor": cursor} if cursor else {}))
        ).json()
        walked += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert walked == [listed[each] for each in ("L3 1HU", "CH41 1AA", "WA8 7QF", "S1 2HE")]


async def test_facets_narrow_the_search(idle_service: Running) -> None:
    _, _, caller = await register_provider(idle_service)
    one = await publish(caller, sector="digital-and-creative", year_groups=[7], tier="introduce-inspire")
    two = await publish(
        caller, year_groups=[10, 11], kind="placement", format="placement", tier="apply-demonstrate"
    )
    anyone = Client(idle_service.http)

    async def found(**asked: Any) -> list[str]:
        items = (await anyone.get("/v1/opportunities", **asked)).json()["items"]
        return [each["id"] for each in items]

    assert await found() == [two["id"], one["id"]]
    assert await found(sector="digital-and-creative") == [one["id"]]
    assert await found(year_group=11) == [two["id"]]
    assert await found(tier="apply-demonstrate") == [two["id"]]
    assert await found(kind="placement", mode="virtual") == [two["id"]]
    assert await found(mode="in_person") == []
    assert await found(area_code="liverpool-city-region") == [two["id"], one["id"]]


async def test_only_what_has_a_session_ahead_on_the_days_asked_for_is_found(idle_service: Running) -> None:
    _, _, caller = await register_provider(idle_service)
    found = await publish(caller, sessions=5)
    days = [UUID(each["id"]) for each in found["sessions"]]
    anyone = Client(idle_service.http)

    async def next_sessions(**asked: Any) -> list[UUID]:
        items = (await anyone.get("/v1/opportunities", **asked)).json()["items"]
        return [UUID(each["id"]) for item in items for each in item["next_sessions"]]

    def ahead(number: int) -> str:
        return (TODAY + timedelta(days=number)).isoformat()

    assert await next_sessions() == days[:3]
    assert await next_sessions(**{"from": ahead(33)}) == days[3:]
    assert await next_sessions(**{"from": ahead(31), "to": ahead(32)}) == days[1:3]
    assert await next_sessions(to=ahead(29)) == []
    await caller.post(f"/v1/sessions/{days[0]}/cancellation", {"reason_code": "site-closed"})
    assert await next_sessions(to=ahead(30)) == []


async def test_the_newest_come_first_page_by_page(idle_service: Running) -> None:
    _, _, caller = await register_provider(idle_service)
    made = [(await publish(caller))["id"] for _ in range(5)]
    await draft(caller)
    anyone = Client(idle_service.http)

    first = await anyone.get("/v1/opportunities", limit=2)
    second = await idle_service.http.get(first.headers["link"].split(">")[0].removeprefix("<"))
    third = await anyone.get("/v1/opportunities", limit=2, cursor=second.json()["next_cursor"])

    walked = [each["id"] for page in (first, second, third) for each in page.json()["items"]]
    assert walked == made[::-1]
    other = await anyone.get("/v1/opportunities", q="day", cursor=first.json()["next_cursor"])
    assert (other.status_code, other.json()["slug"]) == (400, "cursor-invalid")


async def test_a_search_is_refused_with_its_reason(idle_service: Running) -> None:
    async def refused(**asked: Any) -> tuple[int, str, str]:
        answer = await Client(idle_service.http).get("/v1/opportunities", **asked)
        return answer.status_code, answer.json()["slug"], answer.json()["field"]

    assert await refused(near="L3 9ZZ") == (422, "postcode-unknown", "query.near")
    assert await refused(near="L3 1HU", easting=1, northing=1) == (422, "place-unclear", "query.near")
    assert await refused(easting=1) == (422, "place-unclear", "query.near")
    assert await refused(limit=51) == (422, "invalid-request", "query.limit")
    assert await refused(q="bell\x07") == (422, "invalid-request", "query.q")
    for no_day in ("soon", "0", "1790000000"):
        assert await refused(**{"from": no_day}) == (422, "invalid-request", "query.from")


async def test_a_withdrawn_opportunity_is_out_of_the_search_at_once(idle_service: Running) -> None:
    _, _, caller = await register_provider(idle_service)
    found = await publish(caller)
    path, reason = f"/v1/opportunities/{found['id']}", {"reason_code": "no-longer-offered"}

    assert (await caller.post(f"{path}/withdrawal", reason)).status_code == 200

    assert (await Client(idle_service.http).get("/v1/opportunities")).json()["items"] == []
    assert (await caller.post(f"{path}/withdrawal", reason)).json()["slug"] == "opportunity-withdrawn"
    assert (await caller.post(f"{path}/sessions", session_body())).json()["slug"] == "opportunity-not-open"
