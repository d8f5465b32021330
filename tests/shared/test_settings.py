"""Settings: what only a local stack may do is refused in production."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.settings import ServiceSettings

GIVEN: dict[str, Any] = {
    "database_url": "postgresql://app:secret-of-app@db/wex",
    "relay_database_url": "postgresql://relay:x@db/wex",
    "kafka_bootstrap": "kafka:9092",
    "issuer": "https://issuer.example",
    "cursor_secret": "a-secret-of-the-tests-that-is-long-enough",
}
LOCAL_ONLY: dict[str, Any] = {"clock_file": Path("/clock"), "topic_prefix": "test.", "fail": "R3:kill9"}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ServiceSettings.model_fields:
        monkeypatch.delenv(f"WEX_{name.upper()}", raising=False)


def test_production_is_the_default() -> None:
    assert ServiceSettings(**GIVEN).environment == "production"


@pytest.mark.parametrize("name", LOCAL_ONLY)
def test_production_refuses_what_is_local_only(name: str) -> None:
    assert name in ServiceSettings.local_only()
    with pytest.raises(ValidationError, match=f"WEX_{name.upper()} is for local"):
        ServiceSettings(**GIVEN, **{name: LOCAL_ONLY[name]})


@pytest.mark.parametrize("environment", ["local", "test"])
def test_elsewhere_it_is_taken(environment: Any) -> None:
    settings = ServiceSettings(**GIVEN, **LOCAL_ONLY, environment=environment)

    assert settings.topic_prefix == "test."


def test_every_local_only_setting_is_tried_here() -> None:
    assert set(ServiceSettings.local_only()) == set(LOCAL_ONLY)


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    settings = ServiceSettings(**GIVEN)

    assert "secret" not in f"{settings!r} {settings}".replace("cursor_secret", "")


def test_they_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIVEN.items():
        monkeypatch.setenv(f"WEX_{name.upper()}", value)
    monkeypatch.setenv("WEX_HTTP_PORT", "8123")

    assert ServiceSettings().http_port == 8123


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_production_refuses_a_secret_that_can_be_guessed(secret: str) -> None:
    """Before, production took an empty secret."""
    with pytest.raises(ValidationError, match="WEX_CURSOR_SECRET must have 32 characters"):
        ServiceSettings(**GIVEN | {"cursor_secret": secret})

    assert ServiceSettings(**GIVEN | {"cursor_secret": secret}, environment="test")
