"""Every operation against whom it must not serve: strangers, callers without its scope, bad tokens."""

from collections.abc import Iterable
from typing import Any
from unittest.mock import patch

from tests.attack.documents import Operation, operations, scopes_of
from tests.attack.findings import Attack
from tests.attack.scenario import Scenario, Stranger, knows_of
from tests.shared import test_tokens

# What is not its tenant's alone, each with the reason.
SHARED = {
    "getPlaces": "how many places are left is on the public register",
    "getAssurance": "a provider's passport may be read by whoever holds assurances:read",
    "listAssessment": "a session is public; only the caller's own learners are in the answer",
    "listAssurances": "a provider's passport may be read by whoever holds assurances:read",
}
# A stranger who puts these makes a thing of its own, under an id that says nothing of another's.
OWN = {"recordSupervisor": "a supervisor's pseudonym is kept by each provider for itself"}
# Ids of the public register, and days, which lists of others may name.
PUBLIC_IDS = {
    "organisation_id",
    "provider_id",
    "institution_id",
    "opportunity_id",
    "session_id",
    "assurance_id",
    "code",
    "activity_band",
    "framework",
    "on",
}


async def attack_ids(scenario: Scenario) -> Attack:
    """Every operation with an id in its path x every stranger: as if it were not there."""
    attack = Attack("foreign ids", "operations with an id in the path x strangers with every scope: 404")
    before = await _seen(scenario)
    attack.expect(len(before) >= 15, f"its owners see only {sorted(map(str, before))}")
    for operation in operations():
        if not operation.scopes or not operation.path_ids:
            continue
        for stranger in scenario.strangers:
            token = scenario.token(operation.service, stranger.organisation, learner=stranger.learner)
            response = await scenario.send(operation, token)
            told = knows_of(response.text, [*scenario.walk.learners, *scenario.walk.bookings.values()])
            attack.expect(
                _hidden(operation, stranger, response.status_code) and not told,
                f"{operation} as a foreign {stranger.name}: {response.status_code} {response.text[:200]}",
            )
    after = await _seen(scenario)
    for each in before:
        attack.expect(after.get(each) == before[each], f"{each} reads differently after the attack")
    return attack.over()


def _hidden(operation: Operation, stranger: Stranger, status: int) -> bool:
    name = operation.told["operationId"]
    if name in SHARED or name in OWN:
        return status < 500
    # 403 tells nothing where it is said before anything is looked up.
    return status == 404 or (status == 403 and stranger.learner is not None)


async def _seen(scenario: Scenario) -> dict[Operation, str]:
    """What the owners themselves read at each address with an id."""
    found = {}
    for operation in operations():
        if operation.method != "GET" or not operation.path_ids:
            continue
        for owner in scenario.owners:
            response = await scenario.send(operation, scenario.token(operation.service, owner))
            if response.status_code == 200:
                found[operation] = response.text
                break
    return found


async def attack_lists(scenario: Scenario) -> Attack:
    """Every list x every stranger: nothing of the journey is in it, whatever it is asked for."""
    attack = Attack("foreign lists", "lists and their filters x strangers: nothing of others in them")
    secret = [value for name, value in scenario.ids.items() if name not in PUBLIC_IDS]
    secret += [*scenario.walk.learners, *scenario.walk.bookings.values()]
    for operation in operations():
        if operation.method != "GET" or operation.path_ids or not operation.scopes:
            continue
        if operation.told["operationId"] in SHARED:
            continue
        named = {each["name"] for each in operation.parameters if each["in"] == "query"}
        filters, whole = sorted(named & scenario.ids.keys()), {"limit": "100"} if "limit" in named else {}
        for stranger in scenario.strangers:
            token = scenario.token(operation.service, stranger.organisation, learner=stranger.learner)
            for asked in [{}, *({name: scenario.ids[name]} for name in filters)]:
                response = await scenario.send(operation, token, params=whole | asked)
                attack.expect(
                    response.status_code in (200, 403, 404) and not knows_of(response.text, secret),
                    f"{operation} {asked} as a foreign {stranger.name}: "
                    f"{response.status_code} {response.text[:200]}",
                )
    return attack.over()


async def attack_bodies(scenario: Scenario) -> Attack:
    """Strangers who name the journey's things in bodies: nothing comes of it."""
    attack = Attack("foreign ids in bodies", "strangers name others' learners, sites and sessions: refused")
    ids, learners = scenario.ids, scenario.walk.learners[:2]
    provider, school, _ = scenario.strangers
    by_id = {each.told["operationId"]: each for each in operations()}
    particulars = {"mode": "in_person", "site_id": scenario.walk.site_id}
    tried: list[tuple[str, Stranger, dict[str, Any]]] = [
        ("requestBooking", school, {"session_id": ids["session_id"], "learner_ids": learners}),
        ("requestBooking", school, {"session_id": ids["session_id"], "cohort_id": ids["cohort_id"]}),
        ("formCohort", school, {"label": "Group", "learner_ids": learners}),
        ("submitReflection", school, {"session_id": ids["session_id"], "text": "Twenty letters and more."}),
        ("draftOpportunity", provider, particulars),
        ("grantAssurance", provider, {"site_id": scenario.walk.site_id}),
    ]
    for name, stranger, members in tried:
        operation = by_id[name]
        response = await scenario.send(
            operation,
            scenario.token(operation.service, stranger.organisation, learner=stranger.learner),
            json={**operation.body(), **members},
        )
        refused = response.status_code in (403, 404, 409, 422) and "invalid-request" not in response.text
        attack.expect(
            refused, f"{operation} naming {sorted(members)}: {response.status_code} {response.text[:200]}"
        )
    return attack.over()


async def attack_scopes(scenario: Scenario) -> Attack:
    """Every operation x each way to lack its scope: 403; x no token, or another service's: 401."""
    attack = Attack("missing scopes", "operations x no token, another's token, every scope but its own")
    school = scenario.walk.organisation(scenario.walk.school)
    for operation in operations():
        if not operation.scopes:
            continue
        others = scopes_of(operation.service) - set(operation.scopes)
        other_service = next(s for s in ("bookings", "outcomes") if s != operation.service)
        for token, status, slug in (
            (None, 401, "not-authenticated"),
            (scenario.token(other_service, school, scopes=operation.scopes), 401, "not-authenticated"),
            (scenario.token(operation.service, school, scopes=others), 403, "scope-missing"),
            (scenario.token(operation.service, school, scopes=[]), 403, "scope-missing"),
        ):
            response = await scenario.send(operation, token)
            attack.expect(
                response.status_code == status and response.json().get("slug") == slug,
                f"{operation}: {response.status_code} {response.text[:160]}, not {status} {slug}",
            )
    return attack.over()


async def attack_tokens(scenario: Scenario) -> Attack:
    """The corpus of tokens that do not hold, over HTTP."""
    attack = Attack("forged tokens", "the corpus of tests/shared over HTTP against safeguarding: 401")
    operation = next(each for each in operations() if each.told["operationId"] == "listConcerns")
    with patch.object(test_tokens, "AUDIENCE", "wex-safeguarding"):
        good = await scenario.send(operation, test_tokens.signed(scenario.issuer))
        attack.expect(good.status_code == 403, f"a token that holds is answered {good.status_code}")
        for kind, make in test_tokens.CORPUS.items():
            response = await scenario.send(operation, make(scenario.issuer))
            attack.expect(response.status_code == 401, f"{kind}: {response.status_code}")
    return attack.over()


async def attack_all(scenario: Scenario) -> Iterable[Attack]:
    """Everything about who may do what."""
    kinds = (attack_ids, attack_lists, attack_bodies, attack_scopes, attack_tokens)
    return [await each(scenario) for each in kinds]
