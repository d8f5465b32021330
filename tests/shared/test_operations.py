"""Parked messages as an operator handles them over HTTP."""

from typing import Any
from uuid import UUID, uuid4

from shared.contracts.safeguarding import ClearanceGranted
from shared.contracts.vocabulary import Decision
from tests.infra.polling import eventually
from tests.infra.running import Client, Running, RunService

PARKED = "/v1/operations/bookings/parked"


async def grants_for_nobody(running: Running, *bookings: UUID) -> None:
    """A grant for each of these bookings, which nobody asked for: the service refuses it."""
    decision = Decision(rule_pack="clearance", version="1", reason_codes=["assurance-in-force"])
    await running.hear(
        *(
            ClearanceGranted(
                clearance_id=uuid4(),
                booking_id=each,
                institution_id=uuid4(),
                provider_id=uuid4(),
                decision=decision,
            )
            for each in bookings
        )
    )


def operator(running: Running, scope: str = "operations:read operations:write") -> Client:
    return running.caller(scope, subject="operator-1")


async def listed(client: Client, **filters: Any) -> list[dict[str, Any]]:
    answer = await client.get(PARKED, **filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_parked_messages_are_listed_in_pages_by_state_and_by_key(run_service: RunService) -> None:
    running = await run_service("bookings")
    one, other = uuid4(), uuid4()
    await grants_for_nobody(running, one, other)
    reader = operator(running, "operations:read")
    await eventually(lambda: _are(reader, 2))

    first = (await reader.get(PARKED, limit=1)).json()
    second = (await reader.get(PARKED, limit=1, cursor=first["next_cursor"])).json()
    assert {first["items"][0]["key"], second["items"][0]["key"]} == {str(one), str(other)}
    assert second["next_cursor"] is None
    assert [each["key"] for each in await listed(reader, key=str(other))] == [str(other)]
    assert len(await listed(reader, state="failed")) == 2
    assert await listed(reader, state="unknown") == []
    assert (await reader.get(PARKED, key="Ada Example")).json()["slug"] == "invalid-request"


async def _are(client: Client, count: int, **filters: Any) -> bool:
    return len(await listed(client, **filters)) == count


async def test_a_retry_is_taken_up_by_the_worker_and_kept_with_who_asked(run_service: RunService) -> None:
    running = await run_service("bookings")
    await grants_for_nobody(running, uuid4())
    client = operator(running)
    (parked,) = await eventually(lambda: listed(client, state="failed"))

    answer = await client.post(f"{PARKED}/{parked['id']}/retry", key="once")
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    again = await client.post(f"{PARKED}/{parked['id']}/retry", key="once")
    assert again.headers["Idempotency-Replayed"] == "true"

    # The cause is not mended: the worker has tried it, and it has failed for good once more.
    assert await eventually(lambda: listed(client, state="failed"))
    shown = (await client.get(f"{PARKED}/{parked['id']}")).json()
    assert [(act["act"], act["by"]) for act in shown["acts"]] == [("retried", "operator-1")]


async def test_a_discard_needs_a_reason_and_is_kept_with_it(run_service: RunService) -> None:
    running = await run_service("bookings")
    await grants_for_nobody(running, uuid4())
    client = operator(running)
    (parked,) = await eventually(lambda: listed(client, state="failed"))
    address = f"{PARKED}/{parked['id']}/discard"

    without = await client.post(address, {"reason": "  "})
    assert (without.status_code, without.json()["field"]) == (422, "body.reason")
    done = await client.post(address, {"reason": "of a test"}, key="once")
    assert (done.status_code, done.json()["state"]) == (200, "discarded")
    assert (await client.post(address, {"reason": "of a test"}, key="once")).json() == done.json()
    again = await client.post(address, {"reason": "of a test"})
    assert (again.status_code, again.json()["slug"]) == (404, "message-not-parked")

    assert await listed(client) == []
    (act,) = (await client.get(f"{PARKED}/{parked['id']}")).json()["acts"]
    assert (act["act"], act["by"], act["reason"]) == ("discarded", "operator-1", "of a test")


async def test_only_an_operator_is_answered(run_service: RunService) -> None:
    running = await run_service("bookings", worker=False)
    of_a_school = running.caller("operations:read operations:write", organisation=uuid4())
    of_a_learner = running.caller("operations:read", learner=uuid4())
    reader = operator(running, "operations:read")

    for stranger in (of_a_school, of_a_learner):
        assert (await stranger.get(PARKED)).json()["slug"] == "forbidden"
        assert (await stranger.get(f"{PARKED}/1")).json()["slug"] == "forbidden"
    for act, body in (("retry", None), ("discard", {"reason": "of a test"})):
        assert (await of_a_school.post(f"{PARKED}/1/{act}", body)).json()["slug"] == "forbidden"
        assert (await reader.post(f"{PARKED}/1/{act}", body)).json()["slug"] == "scope-missing"
    assert (await reader.get(f"{PARKED}/1")).json()["slug"] == "message-not-parked"
    assert (await reader.get(f"{PARKED}/{2**63}")).status_code == 422
