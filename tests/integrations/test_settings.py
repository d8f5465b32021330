"""What a production process refuses to start with."""

import base64
import json
from typing import Any

import pytest
from pydantic import ValidationError

from integrations.settings import Settings
from tests.infra.running import ROSTER_KEY

VALUES: dict[str, Any] = {
    "database_url": "postgresql://app@localhost/x",
    "relay_database_url": "postgresql://relay@localhost/x",
    "kafka_bootstrap": "localhost:9092",
    "issuer": "https://issuer.example.org",
    "cursor_secret": "a-secret-of-the-tests-that-is-long-enough",
    "roster_public_key": json.dumps(ROSTER_KEY.as_dict(private=False)),
    "secrets_key": base64.b64encode(bytes(32)).decode(),
}


def test_the_standard_schedule_is_the_default() -> None:
    assert len(Settings(**VALUES).retry_waits) == 9


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("allow_loopback_webhooks", True),
        ("secrets_key", base64.b64encode(bytes(16)).decode()),
        ("roster_public_key", json.dumps(ROSTER_KEY.as_dict(private=True))),
        ("webhook_retry_seconds", "5,0"),
        ("webhook_retry_seconds", "soon"),
    ],
)
def test_production_refuses(name: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Settings(**(VALUES | {name: value}))
