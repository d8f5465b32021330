"""Prints an access token of a persona for a service, from compose's Keycloak."""

import argparse
import asyncio

import httpx2

from wex.folders import REPOSITORY
from wex.journey.compose import read_env
from wex.journey.keycloak import Keycloak, KeycloakError
from wex.personas import SCOPES
from wex.ports import SERVICES


def main() -> None:
    """Give the persona the ids that are named, then print its token."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("persona", choices=SCOPES)
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("--organisation", help="from now on the persona is of this organisation")
    parser.add_argument("--acting-for", nargs="+", help="and acts for these too")
    parser.add_argument("--learner", help="from now on the persona is this learner")
    given = parser.parse_args()
    claims = {
        "organisation_id": [given.organisation] if given.organisation else None,
        "acting_for": given.acting_for,
        "learner_id": [given.learner] if given.learner else None,
    }
    named = {name: ids for name, ids in claims.items() if ids}
    try:
        print(asyncio.run(token(given.persona, given.service, named)))  # noqa: T201 - the command's answer
    except KeyError:
        raise SystemExit(f"{given.persona} has nothing to ask for at {given.service}") from None
    except (KeycloakError, FileNotFoundError) as error:
        raise SystemExit(str(error)) from None


async def token(persona: str, service: str, claims: dict[str, list[str]]) -> str:
    """A token with these claims."""
    async with httpx2.AsyncClient(timeout=10) as http:
        return await Keycloak(http, read_env(REPOSITORY / ".env")).token(persona, service, claims)


if __name__ == "__main__":
    main()
