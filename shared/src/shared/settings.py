"""Settings every service has, read from the environment (`WEX_...`)."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, JsonValue, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# Which process acts on a setting, for the table in docs/settings.md; both, where nothing is said.
API: dict[str, JsonValue] = {"read_by": "api"}
WORKER: dict[str, JsonValue] = {"read_by": "worker"}

MIN_SECRET_LENGTH = 32


class ServiceSettings(BaseSettings):
    """What a service needs to run; a service adds its own by inheriting."""

    model_config = SettingsConfigDict(env_prefix="WEX_", extra="ignore", frozen=True)

    environment: Literal["local", "test", "production"] = Field(
        default="production", description="Where the process runs: production refuses what is local only"
    )
    database_url: SecretStr = Field(description="PostgreSQL, as the service's app role")
    relay_database_url: SecretStr = Field(
        description="PostgreSQL, as the service's relay role", json_schema_extra=WORKER
    )
    owner_database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL, as the owner role: for `migrate` alone",
        json_schema_extra={"read_by": "migrate"},
    )
    database_pool_size: int = Field(
        default=10, ge=1, le=100, description="Connections of a process to the service's database, at most"
    )
    request_batch_size: int = Field(
        default=32,
        ge=1,
        le=256,
        description="Requests for one thing in one transaction, at most",
        json_schema_extra=API,
    )
    event_batch_size: int = Field(
        default=400,
        ge=1,
        le=500,
        description="Events of one type in one transaction, at most",
        json_schema_extra=WORKER,
    )
    kafka_bootstrap: str = Field(description="host:port of a broker", json_schema_extra=WORKER)
    topic_prefix: str = Field(
        default="", description="Set before every topic's name; tests use it", json_schema_extra=WORKER
    )
    instance: str | None = Field(
        default=None,
        description="A worker's own name, unique in its service and the same after a restart: its"
        " partitions wait for it instead of for the end of its session",
        json_schema_extra=WORKER,
    )
    issuer: str = Field(description="URL of the OpenID Connect issuer, its `iss`", json_schema_extra=API)
    # A container serves on all its addresses.
    http_host: str = Field(default="0.0.0.0", description="Address the process serves on")  # noqa: S104
    http_port: int = Field(
        default=8000, ge=0, le=65535, description="Port the process serves on; a worker: health and metrics"
    )
    clock_file: Path | None = Field(
        default=None, description="File with the seconds the business clock runs ahead"
    )
    fail: str | None = Field(default=None, description="A failpoint, as `R3:kill9`")
    otlp_endpoint: str | None = Field(
        default=None, description="Collector of traces, OTLP over HTTP; without one traces go nowhere"
    )
    trace_statements: bool = Field(
        default=False, description="A span for each SQL statement, to look closely"
    )
    log_format: Literal["json", "console"] = Field(default="json", description="Form of a log line")
    cursor_secret: SecretStr = Field(description="Signs paging cursors", json_schema_extra=API)
    max_body_bytes: int = Field(
        default=1_000_000,
        ge=1_000,
        le=50_000_000,
        description="Size of a request's body, at most",
        json_schema_extra=API,
    )
    body_seconds: float = Field(
        default=10,
        ge=0.1,
        le=60,
        description="Seconds for a request's body to arrive whole",
        json_schema_extra=API,
    )

    @model_validator(mode="after")
    def refuse_local_settings_in_production(self) -> Self:
        """What only a local stack or a test may do must not run in front of children's data."""
        if self.environment == "production":
            for name in self.local_only():
                if getattr(self, name):
                    raise ValueError(f"WEX_{name.upper()} is for local stacks and tests only")
        return self

    @model_validator(mode="after")
    def refuse_short_secrets_in_production(self) -> Self:
        """A secret that can be guessed is none: cursors, and the pseudonyms of children, rest on these."""
        if self.environment == "production":
            for name in type(self).model_fields:
                value = getattr(self, name)
                short = isinstance(value, SecretStr) and len(value.get_secret_value()) < MIN_SECRET_LENGTH
                if name.endswith("_secret") and short:
                    raise ValueError(f"WEX_{name.upper()} must have {MIN_SECRET_LENGTH} characters or more")
        return self

    @classmethod
    def local_only(cls) -> tuple[str, ...]:
        """Names of the settings production refuses."""
        return ("clock_file", "topic_prefix", "fail")
