"""The scenario of every attack: the journey walked with marked words, and tenants who have no part in it."""

import contextlib
import csv
import io
import secrets
import zipfile
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx2

from tests.attack.adding import add_rows, correct_register
from tests.attack.answers import Answers
from tests.attack.documents import Operation, operations, scopes_of
from tests.attack.findings import Attack
from tests.attack.operating import parked_in
from tests.attack.referred import referred_bookings
from tests.infra.polling import eventually
from wex.issuer import Issuer, load_issuer
from wex.journey import roster
from wex.journey.clients import Clients, Persona, StepFailed
from wex.journey.main import STEPS, walk_step
from wex.journey.platforms import LocalPlatform
from wex.journey.receiver import Receiver, receiving
from wex.journey.school import attend
from wex.journey.state import Walk
from wex.platform import Platform

# The members of any body that hold a person's own words or names.
PERSONAL = {"description", "text", "comment", "note", "task"}
_ROSTER = {
    "givenName",
    "familyName",
    "middleName",
    "sourcedId",
    "userSourcedId",
    "username",
    "email",
    "phone",
}


@dataclass
class Marked(Clients):
    """The journey's clients, who put a mark in every personal member they send."""

    mark: str = field(default_factory=lambda: f"zqx0{secrets.token_hex(4)}")

    async def call(self, who: Persona | None, service: str, method: str, path: str, body: Any = None,
                   *, content: bytes | None = None, **options: Any) -> Any:  # fmt: skip
        """As the journey asks, with marked words."""
        if content is not None:
            content = marked_roster(content, self.mark)
        return await super().call(who, service, method, path, self._marked(body), content=content, **options)

    def _marked(self, body: Any) -> Any:
        if isinstance(body, dict):
            if "item" in body and "answer" in body:
                body = {"note": "Agreed in conversation", **body}  # the journey's own band asks for none
            return {
                name: f"{self.mark} {value}" if name in PERSONAL and isinstance(value, str) else
                self._marked(value)
                for name, value in body.items()
            }  # fmt: skip
        return [self._marked(each) for each in body] if isinstance(body, list) else body


def marked_roster(archive: bytes, mark: str, *, spoilt: bool = False) -> bytes:
    """The same roster, its names and source ids marked; spoilt, so are dates and years of each row."""
    columns = _ROSTER | ({"birthDate", "grades", "metadata.priority_flags", "userIds"} if spoilt else set())
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as given, zipfile.ZipFile(packed, "w") as made:
        for name in given.namelist():
            rows = list(csv.DictReader(io.StringIO(given.read(name).decode())))
            out = io.StringIO()
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            for row in rows:
                writer.writerow({k: f"{mark}{v}" if k in columns else v for k, v in row.items()})
            made.writestr(name, out.getvalue())
    return packed.getvalue()


@dataclass(frozen=True)
class Stranger:
    """Somebody with every scope who has no part in the journey."""

    name: str
    organisation: UUID
    learner: UUID | None = None


@dataclass
class Scenario:
    """The platform after the journey: whose things lie where, and tokens for anybody."""

    platform: Platform
    walk: Walk
    mark: str
    issuer: Issuer
    ids: dict[str, str]
    strangers: list[Stranger]
    referred: list[dict[str, Any]]
    http: httpx2.AsyncClient
    answers: Answers

    @property
    def owners(self) -> list[UUID]:
        """The journey's own organisations: school, provider, hub."""
        walk = self.walk
        return [walk.organisation(who) for who in (walk.school, walk.provider, walk.hub)]

    @property
    def needles(self) -> list[str]:
        """Strings that may be nowhere but where people's words and names are kept."""
        today = datetime.now(UTC).date()
        births = {roster.birth_date(n, today).isoformat() for n in range(1, roster.LEARNERS + 1)}
        return [self.mark, f"{self.walk.school_digits}26", *sorted(births)]

    def token(
        self, service: str, organisation: UUID | None, *, scopes: Iterable[str] | None = None,
        learner: UUID | None = None,
    ) -> str:  # fmt: skip
        """A token of the platform's issuer; with every scope of the service unless some are named."""
        return self.issuer.token(
            audience=f"wex-{service}",
            scope=" ".join(sorted(scopes_of(service) if scopes is None else scopes)),
            client_id=f"attacker-{organisation}",
            organisation_id=organisation,
            learner_id=learner,
        )

    async def attack_answers(self) -> Attack:
        """What was answered so far, and to what is done once."""
        await self.do_once()
        return self.answers.attack()

    async def do_once(self) -> None:
        """Do what the journey leaves out and no generated request comes to do: at a version, and for good."""
        walk, by_id = self.walk, {each.told["operationId"]: each for each in operations()}
        people = walk.provider, walk.hub, walk.lead, walk.school
        provider, hub, lead, school = (walk.organisation(who) for who in people)
        await self.send(by_id["resolveConcern"], self.token("safeguarding", lead))
        virtual = {**by_id["draftOpportunity"].body(), "mode": "virtual"}
        token = self.token("opportunities", provider)
        draft = await self.send(by_id["draftOpportunity"], token, json=virtual)
        ids = {"opportunity_id": str(draft.json().get("id"))}
        await self.send(by_id["reviseOpportunity"], token, ids, json=virtual)
        organisation = await self.send(by_id["getOrganisation"], None)
        version = {"If-Match": organisation.headers.get("ETag", "")}
        await self.send(by_id["reviseOrganisation"], self.token("opportunities", hub), also=version)

        async def listed() -> bool:
            answers = [await self.send(by_id[read], None) for read in ("getOpportunity", "getSession")]
            return all(each.is_success for each in answers)

        await eventually(listed)  # again, once the concern is known to be resolved
        settled, withdrawn = self.referred
        clearance = {"clearance_id": settled["id"]}
        await self.send(by_id["settleClearance"], self.token("safeguarding", school), clearance)
        asked = self.token("bookings", school)
        await self.send(by_id["withdrawBooking"], asked, {"booking_id": withdrawn["booking_id"]})
        for name, booking in walk.bookings.items():
            if name != "first":  # which the other attacks are about
                await self.send(by_id["cancelBooking"], asked, {"booking_id": booking})
        await self.send(by_id["replayWebhookDelivery"], self.token("integrations", school))
        await self._operate()

    async def _operate(self) -> None:
        """What an operator does, in every service."""
        parked = {service: await parked_in(self.platform, service) for service in self.platform.services}
        for operation in operations():
            if any(scope.startswith("operations:") for scope in operation.scopes):
                looked_at, discarded = parked[operation.service]
                number = discarded if operation.path.endswith("/discard") else looked_at
                token = self.token(operation.service, None)
                await self.send(operation, token, {"parked_id": number})

    async def send(
        self, operation: Operation, token: str | None, ids: dict[str, str] | None = None,
        *, also: dict[str, str] | None = None, **changed: Any,
    ) -> httpx2.Response:  # fmt: skip
        """Send an operation a request that it takes, about the journey's own things, `also` with headers."""
        headers = {"Idempotency-Key": str(uuid4()), "If-Match": '"v1"', **(also or {})}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}".strip()
        body = operation.body()
        request: dict[str, Any] = {"headers": headers, "params": operation.query()}
        if operation.content is not None:
            request["content"] = operation.content
            headers["Content-Type"] = "application/zip"
        elif body is not None:
            request["json"] = body
        url = self.platform.api(operation.service) + operation.at({**self.ids, **(ids or {})})
        return await self.http.request(operation.method, url, **(request | changed))


@contextlib.asynccontextmanager
async def scenario_on(state: Path) -> AsyncIterator[Scenario]:
    """A platform with its state there, on which the journey has been walked."""
    answers = Answers()
    async with (
        Platform(state, topic_partitions=2) as platform,
        receiving() as receiver,
        httpx2.AsyncClient(timeout=30, event_hooks={"response": [answers.keep]}) as http,
    ):
        answers.ports = {urlsplit(platform.api(each)).port or 0: each for each in platform.services}
        yield await prepare(platform, receiver, http, answers)


async def prepare(
    platform: Platform, receiver: Receiver, http: httpx2.AsyncClient, answers: Answers
) -> Scenario:
    """Walk the journey with marked words, then add what it leaves out. Raises `StepFailed`."""
    clients = Marked(platform.addresses.issuer, platform.api, http)
    walk = Walk(LocalPlatform(platform), clients, receiver)
    referred: list[dict[str, Any]] = []
    for step in STEPS:
        if step.number == "9":  # the last moment at which the provider is trusted
            referred = await referred_bookings(walk)
        walked = await walk_step(step, walk)
        if walked.failed:
            raise StepFailed(f"the journey does not hold: {step.title}: {walked.outcome}")
        if step.walk is attend:
            await correct_register(walk)
    await add_rows(platform)
    ids, strangers = await _things(walk), await _strangers(walk)
    issuer = load_issuer(platform.addresses.issuer, platform.folders.issuer)
    return Scenario(platform, walk, clients.mark, issuer, ids, strangers, referred, http, answers)


async def _things(walk: Walk) -> dict[str, str]:
    """One real thing of each kind by the name of its path parameter."""
    call = walk.clients.call

    async def first(who: Persona, service: str, path: str, **asked: Any) -> dict[str, Any]:
        page = await call(who, service, "GET", path, limit=1, **asked)
        item: dict[str, Any] = page["items"][0]
        return item

    cohort = await call(
        walk.school, "bookings", "POST", "/v1/cohorts",
        {"label": "Group of the attack", "learner_ids": walk.learners[:3]},
    )  # fmt: skip
    supervisor = str(uuid4())
    check = {"dbs_check": None}
    await call(walk.provider, "safeguarding", "PUT", f"/v1/supervisors/{supervisor}", check)
    endpoint = await first(walk.school, "integrations", "/v1/webhook-endpoints")
    roster_id = (await first(walk.school, "integrations", "/v1/rosters"))["id"]
    delivery = await first(walk.school, "integrations", f"/v1/webhook-endpoints/{endpoint['id']}/deliveries")
    booking = walk.bookings["first"]
    clearance = await call(walk.school, "safeguarding", "GET", f"/v1/bookings/{booking}/clearance")
    provider = str(walk.provider.organisation)
    assurance = await first(walk.provider, "safeguarding", "/v1/assurances", provider_id=provider)
    return {
        "booking_id": booking,
        "session_id": walk.sessions[0],
        "cohort_id": cohort["id"],
        "learner_id": walk.learners[5],
        "roster_id": roster_id,
        "endpoint_id": endpoint["id"],
        "delivery_id": delivery["id"],
        "organisation_id": provider,
        "institution_id": str(walk.school.organisation),
        "opportunity_id": walk.opportunity_id,
        "assurance_id": assurance["id"],
        "supervisor_id": supervisor,
        "clearance_id": clearance["id"],
        "concern_id": (await first(walk.lead, "safeguarding", "/v1/concerns"))["id"],
        "provider_id": provider,
        "code": "liverpool-city-region",
        "activity_band": "low_risk",
        "framework": "equalex",
        "parked_id": "1",
        "on": "2026-03-03",
    }


async def _strangers(walk: Walk) -> list[Stranger]:
    """Another provider and another school on the register, and a learner of that school."""
    made = []
    for kind in ("provider", "institution"):
        body = {"kind": kind, "name": f"Stranger {kind}", "area_code": "liverpool-city-region"}
        if kind == "institution":
            body["institution_type"] = "academy"
        answer = await walk.clients.call(walk.hub, "opportunities", "POST", "/v1/organisations", body)
        made.append(UUID(answer["id"]))
    provider, school = made
    return [
        Stranger("provider", provider),
        Stranger("school", school),
        Stranger("learner", school, uuid4()),
    ]


def knows_of(text: str, ids: Iterable[str]) -> list[str]:
    """Those of the ids that the text holds."""
    return [each for each in ids if each in text]
