"""Environment to settings."""

import base64
import json
from datetime import timedelta
from typing import Self

from pydantic import Field, SecretStr, model_validator

from shared.settings import ServiceSettings

# Standard Webhooks 1.0.0: at once, then these; ten attempts over 75 hours.
RETRY_SECONDS = "5,300,1800,7200,18000,36000,50400,72000,86400"


class Settings(ServiceSettings):
    """What every service has, and the keys and waits of this one."""

    roster_public_key: str = Field(description="JWK of the key that only `bookings` can open rows with")
    secrets_key: SecretStr = Field(
        description="32 bytes in base64: seals webhook secrets, keys row digests; after a comma earlier"
        " ones, which still open what they sealed"
    )
    webhook_retry_seconds: str = Field(default=RETRY_SECONDS, description="Seconds between attempts")
    allow_loopback_webhooks: bool = Field(default=False, description="Let webhooks go to http://127.0.0.1")

    @property
    def keys(self) -> list[bytes]:
        """The service's own keys: the present one, then earlier ones."""
        parts = self.secrets_key.get_secret_value().split(",")
        return [base64.b64decode(part, validate=True) for part in parts]

    @property
    def retry_waits(self) -> tuple[timedelta, ...]:
        """How long to wait before each further attempt of a delivery."""
        return tuple(timedelta(seconds=float(part)) for part in self.webhook_retry_seconds.split(","))

    @model_validator(mode="after")
    def refuse_unusable_keys(self) -> Self:
        """Wrong keys are refused at start, not at the first roster."""
        if any(len(key) != 32 for key in self.keys):
            raise ValueError("WEX_SECRETS_KEY must be 32 bytes in base64")
        if "d" in json.loads(self.roster_public_key):
            raise ValueError("WEX_ROSTER_PUBLIC_KEY is a private key: this service must not have it")
        if any(wait <= timedelta(0) for wait in self.retry_waits):
            raise ValueError("WEX_WEBHOOK_RETRY_SECONDS must be above 0")
        return self

    @classmethod
    def local_only(cls) -> tuple[str, ...]:
        return (*super().local_only(), "allow_loopback_webhooks")
