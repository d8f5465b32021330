"""A provider, its offers and sessions, and the events that concern them."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from opportunities.offers.domain.offer import Offer
from opportunities.offers.domain.session import Day, Session
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event
from shared.contracts.safeguarding import AssuranceGranted
from shared.contracts.vocabulary import Decision
from shared.kernel import FixedClock
from tests.infra.running import Client, Running

TODAY = date(2026, 11, 23)
DECISION = Decision(rule_pack="passports", version="1", reason_codes=["checked"])


def clock() -> FixedClock:
    """A clock that stands at nine o'clock of the tests' today."""
    return FixedClock(datetime(2026, 11, 23, 9, tzinfo=UTC))


def offer(**members: Any) -> Offer:
    """A virtual visit that breaks no rule, unless `members` make it."""
    return Offer(
        **{
            "title": "A day in the drawing office",
            "summary": "Follow a design from sketch to workshop.",
            "purpose": "See how engineers turn a need into a drawing.",
            "kind": "workplace_experience",
            "format": "visit",
            "mode": "virtual",
            "tier": "introduce-inspire",
            "activity_band": "low_risk",
            "sector": "advanced-manufacturing",
            "year_groups": (8, 9),
            **members,
        }
    )


def session(first_day: date = TODAY + timedelta(days=30), **members: Any) -> Session:
    """A planned session of two days."""
    days = tuple(Day(first_day + timedelta(days=n), time(9, 30), time(15, 30)) for n in range(2))
    return Session(**{"id": uuid4(), "places": 12, "days": days, **members})


def offer_body(**members: Any) -> dict[str, Any]:
    """The same offer as a request's body."""
    plain = offer()
    body = {name: getattr(plain, name) for name in Offer.__dataclass_fields__}
    return body | {"year_groups": [8, 9], "objective_codes": [], "planned_criteria": []} | members


def session_body(on: date = TODAY + timedelta(days=30), places: int = 12) -> dict[str, Any]:
    """A session of one day as a request's body."""
    return {"places": places, "days": [{"on": on.isoformat(), "starts": "09:30:00", "ends": "15:30:00"}]}


async def register_provider(
    service: Running, name: str = "Mersey Example Engineering", postcode: str = "L3 1HU"
) -> tuple[UUID, UUID, Client]:
    """A provider with one site: its id, the site's, and somebody who acts for it."""
    hub = service.caller("organisations:write", organisation=uuid4())
    body = {"kind": "provider", "name": name, "site": {"name": "Works", "postcode": postcode}}
    answer = await hub.post("/v1/organisations", body)
    assert answer.status_code == 201, answer.text
    found = answer.json()
    provider = UUID(found["id"])
    caller = service.caller("organisations:write opportunities:write", organisation=provider)
    return provider, UUID(found["sites"][0]["id"]), caller


async def draft(caller: Client, *, sessions: int = 1, **members: Any) -> str:
    """The id of a draft with sessions ahead."""
    answer = await caller.post("/v1/opportunities", offer_body(**members))
    assert answer.status_code == 201, answer.text
    for number in range(sessions):
        on = TODAY + timedelta(days=30 + number)
        added = await caller.post(f"/v1/opportunities/{answer.json()['id']}/sessions", session_body(on))
        assert added.status_code == 201, added.text
    return str(answer.json()["id"])


async def publish(caller: Client, *, sessions: int = 1, **members: Any) -> dict[str, Any]:
    """A published opportunity."""
    opportunity = await draft(caller, sessions=sessions, **members)
    answer = await caller.post(f"/v1/opportunities/{opportunity}/publication")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def granted(provider: UUID, site: UUID, assurance: UUID | None = None, **members: Any) -> AssuranceGranted:
    """An assurance of low risk from the tests' today for a year."""
    return AssuranceGranted(
        **{
            "assurance_id": assurance or uuid4(),
            "provider_id": provider,
            "site_id": site,
            "activity_band": "low_risk",
            "valid_from": TODAY,
            "valid_until": TODAY + timedelta(days=365),
            "decision": DECISION,
            **members,
        }
    )


async def published_of(service: Running, key: str, *contracts: type[Contract]) -> list[Event[Contract]]:
    """What was published of one aggregate under these contracts, in its order."""
    events = [event for contract in contracts for event in await service.said(contract)]
    return sorted((event for event in events if event.data.key == key), key=lambda event: event.sequence)
