"""What Keycloak's realm promises: the scopes, audiences and claims that services read in a token."""

import json
import re
from typing import Any

import pytest

from shared.security.tokens import ALGORITHMS
from tests.deploy.composition import environment
from wex.folders import REPOSITORY
from wex.personas import SCOPES, audience_of, scopes_of
from wex.ports import SERVICES

REALM: dict[str, Any] = json.loads((REPOSITORY / "deploy/compose/keycloak/wex-realm.json").read_text())
CLIENTS = {client["clientId"]: client for client in REALM["clients"]}
CLIENT_SCOPES = {scope["name"]: scope for scope in REALM["clientScopes"]}
AUDIENCES = {
    name: {
        mapper["config"]["included.custom.audience"]
        for mapper in scope["protocolMappers"]
        if mapper["protocolMapper"] == "oidc-audience-mapper"
    }
    for name, scope in CLIENT_SCOPES.items()
}
OPERATORS = {"operations:read", "operations:write"}


def test_there_is_a_confidential_client_for_each_persona_and_no_other() -> None:
    assert set(CLIENTS) == set(SCOPES)
    for client in CLIENTS.values():
        assert client["serviceAccountsEnabled"]
        assert not client["publicClient"]
        assert not client["standardFlowEnabled"]
        assert not client["fullScopeAllowed"]
        assert client["defaultClientScopes"] == ["caller"]


@pytest.mark.parametrize("persona", SCOPES)
def test_a_persona_may_ask_for_just_what_the_table_gives_it(persona: str) -> None:
    wanted = {scope for service in SCOPES[persona] for scope in scopes_of(persona, service).split()}
    assert sorted(CLIENTS[persona]["optionalClientScopes"]) == sorted(wanted)


@pytest.mark.parametrize("persona", SCOPES)
def test_a_scope_brings_the_audience_of_the_service_it_belongs_to(persona: str) -> None:
    for service in SCOPES[persona]:
        for scope in scopes_of(persona, service).split():
            audiences = (
                {audience_of(each) for each in SERVICES} if scope in OPERATORS else {audience_of(service)}
            )
            assert AUDIENCES[scope] == audiences
            assert CLIENT_SCOPES[scope]["attributes"]["include.in.token.scope"] == "true"


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_scope_a_route_asks_for_is_in_the_realm(service: str) -> None:
    modules = (REPOSITORY / "services" / service / "src" / service).rglob("*.py")
    asked = {
        scope
        for file in modules
        for call in re.findall(r"\brequires\(([^)]*)\)", file.read_text())
        for scope in re.findall(r"\"([a-z:-]+)\"", call)
    }
    assert asked
    assert all(audience_of(service) in AUDIENCES.get(scope, set()) for scope in asked)


def test_the_claims_services_read_come_from_the_account_behind_the_client() -> None:
    mappers = {mapper["name"]: mapper for mapper in CLIENT_SCOPES["caller"]["protocolMappers"]}
    assert mappers["sub"]["protocolMapper"] == "oidc-sub-mapper"
    for claim in ("organisation_id", "acting_for", "learner_id"):
        config = mappers[claim]["config"]
        assert mappers[claim]["protocolMapper"] == "oidc-usermodel-attribute-mapper"
        assert config["user.attribute"] == config["claim.name"] == claim
        assert config["access.token.claim"] == "true"
    assert mappers["acting_for"]["config"]["multivalued"] == "true"
    assert {user["serviceAccountClientId"] for user in REALM["users"]} == set(CLIENTS)


def test_only_an_administrator_may_write_those_claims() -> None:
    (profile,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    config = json.loads(profile["config"]["kc.user.profile.config"][0])
    assert config["unmanagedAttributePolicy"] == "ADMIN_EDIT"


def test_tokens_are_signed_as_services_demand_and_short_lived() -> None:
    assert REALM["defaultSignatureAlgorithm"] in ALGORITHMS
    keys = {key["providerId"]: key["config"] for key in REALM["components"]["org.keycloak.keys.KeyProvider"]}
    assert keys["ecdsa-generated"]["ecdsaEllipticCurveKey"] == ["P-256"]
    assert not [name for name in keys if name.startswith("rsa")]
    assert REALM["accessTokenLifespan"] == 600
    assert all(c["attributes"]["access.token.header.type.rfc9068"] == "true" for c in CLIENTS.values())


def test_services_expect_the_issuer_that_keycloak_calls_itself() -> None:
    keycloak = environment("keycloak")
    assert environment("bookings-api")["WEX_ISSUER"] == f"{keycloak['KC_HOSTNAME']}/realms/{REALM['realm']}"
    assert keycloak["KC_HOSTNAME"].endswith(f":{keycloak['KC_HTTP_PORT']}")


def test_what_the_realm_leaves_open_compose_fills_in_and_secrets_are_among_it() -> None:
    open_names = set(re.findall(r"\$\{(\w+)\}", json.dumps(REALM)))
    assert open_names <= set(environment("keycloak"))
    assert all(client["secret"].startswith("${WEX_CLIENT_SECRET_") for client in CLIENTS.values())
    assert len({client["secret"] for client in CLIENTS.values()}) == len(CLIENTS)
