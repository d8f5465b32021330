"""Tokens that name keys nobody has, thousands of them over HTTP: the issuer is asked as good as never."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from uuid import uuid4

from shared.security.tokens import REFETCH_SECONDS
from tests.attack.documents import operations
from tests.attack.findings import Attack, percentile
from tests.attack.neighbours import Neighbours
from tests.attack.scenario import Scenario
from tests.infra.polling import eventually
from tests.shared.test_tokens import signed
from wex import health
from wex.edge import server
from wex.issuer import Issuer, create_app, new_key
from wex.ports import free_port

AT_ONCE = 20
SECONDS = REFETCH_SECONDS + 4  # so that the keys may be fetched anew once, and no more
_API = "bookings-api"


async def attack_keys(scenario: Scenario) -> Attack:
    """Unknown key names without a pause: each 401, who holds a good token served, the issuer left alone."""
    attack = Attack("unknown keys", f"tokens of unknown keys for {SECONDS:.0f} s: 401, the issuer in peace")
    operation = next(each for each in operations() if each.told["operationId"] == "getBooking")
    school = scenario.walk.organisation(scenario.walk.school)
    async with _counted(scenario) as (issuer, asked):
        good = issuer.token(audience="wex-bookings", scope="bookings:read", organisation_id=school)
        url = scenario.platform.api("bookings") + operation.at(scenario.ids)
        key, until = new_key(), time.monotonic() + SECONDS

        async def flood() -> None:
            while time.monotonic() < until:
                forged = signed(issuer, {"kid": str(uuid4())}, key, aud="wex-bookings")
                status = (await scenario.send(operation, forged)).status_code
                attack.expect(status == 401, f"an unknown key was answered {status}")

        async with Neighbours(url, {"Authorization": f"Bearer {good}"}) as beside:
            await asyncio.gather(*(flood() for _ in range(AT_ONCE)))
    fetches = asked["/jwks"]
    attack.expect(1 <= fetches <= 2, f"the issuer was asked for its keys {fetches} times")
    wrong, took = beside.told.wrong, beside.told.milliseconds
    attack.expect(bool(took) and not wrong, f"{len(wrong)} of {len(took)} good tokens: {set(wrong)}")
    attack.facts.append(
        f"keys fetched {fetches} times; {len(took):,} good tokens meanwhile,"
        f" p99 {percentile(took, 99):.0f} ms"
    )
    return attack.over()


@contextlib.asynccontextmanager
async def _counted(scenario: Scenario) -> AsyncIterator[tuple[Issuer, Counter[str]]]:
    """The api of `bookings` with an issuer of its own, and what that one is asked, by path."""
    port, asked = free_port(), Counter[str]()
    issuer = Issuer(f"http://127.0.0.1:{port}", new_key())
    answer = create_app(issuer)

    async def counting(scope: object, receive: object, send: object) -> None:
        if isinstance(scope, dict) and scope["type"] == "http":
            asked[scope["path"]] += 1
        await answer(scope, receive, send)  # type: ignore[arg-type]

    running = server(counting, port)
    serving = asyncio.create_task(running._serve())
    await eventually(lambda: health.is_ready(port))
    await scenario.platform.restart(_API, WEX_ISSUER=issuer.url)
    try:
        yield issuer, asked
    finally:
        await scenario.platform.restart(_API)
        running.should_exit = True
        await serving
