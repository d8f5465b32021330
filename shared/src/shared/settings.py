"""Settings every service has, read from the environment (`WEX_...`)."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What a service needs to run; a service adds its own by inheriting."""

    model_config = SettingsConfigDict(env_prefix="WEX_", extra="ignore", frozen=True)

    environment: Literal["local", "test", "production"] = "production"
    database_url: SecretStr = Field(description="PostgreSQL, as the service's app role")
    relay_database_url: SecretStr = Field(description="PostgreSQL, as the service's relay role")
    owner_database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL, as the owner role: for `migrate` alone"
    )
    database_pool_size: int = Field(default=10, ge=1, le=100)
    request_batch_size: int = Field(
        default=32,
        ge=1,
        le=256,
        description="Requests for one thing in one transaction, at most",
    )
    event_batch_size: int = Field(
        default=400,
        ge=1,
        le=500,
        description="Events of one type in one transaction, at most",
    )
    kafka_bootstrap: str = Field(description="host:port of a broker")
    topic_prefix: str = Field(default="", description="Set before every topic's name; tests use it")
    instance: str | None = Field(
        default=None, description="A worker's own name, the same after a restart: it is missed no longer"
    )
    issuer: str = Field(description="URL of the OpenID Connect issuer, its `iss`")
    http_host: str = "0.0.0.0"  # noqa: S104 - a container serves on all its addresses
    http_port: int = Field(default=8000, ge=0, le=65535)
    clock_file: Path | None = Field(
        default=None, description="Seconds the business clock runs ahead; local and test only"
    )
    fail: str | None = Field(default=None, description="A failpoint, as `R3:kill9`; local and test only")
    otlp_endpoint: str | None = Field(default=None, description="OTLP over HTTP collector")
    trace_statements: bool = Field(
        default=False, description="A span for each SQL statement, to look closely"
    )
    log_format: Literal["json", "console"] = "json"
    cursor_secret: SecretStr = Field(description="Signs paging cursors")
    max_body_bytes: int = Field(default=1_000_000, ge=1_000, le=50_000_000)
    body_seconds: float = Field(default=10, ge=0.1, le=60, description="For a request's body to arrive whole")

    @model_validator(mode="after")
    def refuse_local_settings_in_production(self) -> Self:
        """What only a local stack or a test may do must not run in front of children's data."""
        if self.environment == "production":
            for name in self.local_only():
                if getattr(self, name):
                    raise ValueError(f"WEX_{name.upper()} is for local stacks and tests only")
        return self

    @classmethod
    def local_only(cls) -> tuple[str, ...]:
        """Names of the settings production refuses."""
        return ("clock_file", "topic_prefix", "fail")
