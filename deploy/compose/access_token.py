"""Prints an access token of a persona for a service, from compose's Keycloak; needs only Python."""

import argparse
import json
import os
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
REALM = ROOT / "deploy" / "compose" / "keycloak" / "wex-realm.json"
KEYCLOAK = os.environ.get("KEYCLOAK_URL", "http://127.0.0.1:8090")


def main() -> None:
    """Give the persona the ids that are named, then ask for its token."""
    realm: dict[str, Any] = json.loads(REALM.read_text())
    services = {audience(each).removeprefix("wex-") for each in realm["clientScopes"]} - {""}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("persona", choices=[client["clientId"] for client in realm["clients"]])
    parser.add_argument("service", choices=sorted(services))
    parser.add_argument("--organisation", help="from now on the persona is of this organisation")
    parser.add_argument("--acting-for", nargs="+", help="and acts for these too")
    parser.add_argument("--learner", help="from now on the persona is this learner")
    given = parser.parse_args()
    secrets = read_env(ROOT / ".env")
    claims = {
        "organisation_id": [given.organisation] if given.organisation else None,
        "acting_for": given.acting_for,
        "learner_id": [given.learner] if given.learner else None,
    }
    if named := {name: ids for name, ids in claims.items() if ids}:
        assign(given.persona, named, secrets["KEYCLOAK_ADMIN_PASSWORD"])
    form = {
        "grant_type": "client_credentials",
        "client_id": given.persona,
        "client_secret": secrets[f"WEX_CLIENT_SECRET_{given.persona.upper().replace('-', '_')}"],
        "scope": scopes_of(realm, given.persona, given.service),
    }
    print(token("wex", form))  # noqa: T201 - the command's answer


def scopes_of(realm: dict[str, Any], persona: str, service: str) -> str:
    """What the persona may ask for at the service."""
    client = next(each for each in realm["clients"] if each["clientId"] == persona)
    of_service = {scope["name"] for scope in realm["clientScopes"] if audience(scope) == f"wex-{service}"}
    scopes = [name for name in client["optionalClientScopes"] if name in of_service]
    if not scopes:
        raise SystemExit(f"{persona} has nothing to ask for at {service}")
    return " ".join(scopes)


def audience(scope: dict[str, Any]) -> str:
    """Whom a token with this scope is meant for; empty where it is for nobody in particular."""
    configured = (mapper["config"].get("included.custom.audience") for mapper in scope["protocolMappers"])
    return next((str(name) for name in configured if name), "")


def assign(persona: str, claims: dict[str, list[str]], password: str) -> None:
    """Write ids to the account behind the persona's client, where the realm's mappers read them."""
    form = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": password}
    admin = {"Authorization": f"Bearer {token('master', form)}", "Content-Type": "application/json"}
    users = f"{KEYCLOAK}/admin/realms/wex/users"
    user = call(f"{users}?username=service-account-{persona}&exact=true", None, admin)[0]
    user["attributes"] = user.get("attributes", {}) | claims
    call(f"{users}/{user['id']}", json.dumps(user).encode(), admin, "PUT")


def token(realm: str, form: dict[str, str]) -> str:
    """A token of a realm."""
    url = f"{KEYCLOAK}/realms/{realm}/protocol/openid-connect/token"
    return str(call(url, urllib.parse.urlencode(form).encode(), {})["access_token"])


def call(url: str, body: bytes | None, headers: dict[str, str], method: str | None = None) -> Any:
    """Ask Keycloak; its answer from JSON."""
    request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.loads(answer.read() or "null")
    except OSError as error:
        raise SystemExit(f"Keycloak at {KEYCLOAK}: {error}") from None


def read_env(file: Path) -> dict[str, str]:
    """The values that write_env.py has written."""
    if not file.exists():
        raise SystemExit(".env is missing: run deploy/compose/write_env.py")
    pairs = (line.partition("=") for line in file.read_text().splitlines() if line and line[0] != "#")
    return {name: value.strip("'") for name, _, value in pairs}


if __name__ == "__main__":
    main()
