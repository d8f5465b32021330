"""The personas of the local stack and the scopes of each."""

from wex.ports import SERVICES

SCOPES: dict[str, dict[str, str]] = {
    "hub": {
        "opportunities": "organisations:write opportunities:write",
        "bookings": "bookings:read bookings:write learners:read attendance:write",
        "safeguarding": "assurances:read assurances:write clearances:read concerns:read",
        "outcomes": "progress:read ledger:read",
        "integrations": "rosters:read webhooks:read webhooks:write",
    },
    "provider": {
        "opportunities": "opportunities:write",
        "bookings": "bookings:read attendance:write",
        "safeguarding": "assurances:read assurances:write clearances:read",
        "outcomes": "feedback:write",
        "integrations": "webhooks:read webhooks:write",
    },
    "school": {
        "bookings": "bookings:read bookings:write learners:read attendance:write",
        "safeguarding": "assurances:read clearances:read concerns:write",
        "outcomes": "feedback:write progress:read ledger:read",
        "integrations": "rosters:read rosters:write webhooks:read webhooks:write",
    },
    "learner": {
        "bookings": "bookings:read",
        "outcomes": "reflections:write progress:read ledger:read",
    },
    "mis": {
        "bookings": "learners:read attendance:write",
        "integrations": "rosters:read rosters:write",
    },
    "partner": {
        "opportunities": "opportunities:write",
        "integrations": "webhooks:read webhooks:write",
    },
    "safeguarding-lead": {
        "bookings": "bookings:read learners:read",
        "safeguarding": "assurances:read assurances:write clearances:read concerns:read concerns:write",
    },
    # Somebody of the team that runs the platform: for no organisation, and with nobody's data.
    "operator": dict.fromkeys(SERVICES, "operations:read operations:write"),
}


def scopes_of(persona: str, service: str) -> str:
    """The scopes a persona asks for at a service; a KeyError names what is not in the table."""
    return SCOPES[persona][service]


def audience_of(service: str) -> str:
    """The audience of a token for this service."""
    return f"wex-{service}"
