"""Webhook endpoints: where an organisation wants to be told, of what, and signed with which secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from integrations.webhooks.domain.event_types import EVENT_TYPES
from shared.kernel import Aggregate, Conflict, Invalid

# Numbers of Standard Webhooks 1.0.0 and its reference operators.
BOTH_SECRETS_SIGN_FOR = timedelta(hours=24)
DISABLED_AFTER_FAILING_FOR = timedelta(days=5)
MOST_ENDPOINTS = 20

DisabledReason = Literal["gone", "failing"]


class EventTypeUnknown(Invalid):
    """Endpoints subscribe to event types of the published list."""

    slug = "event-type-unknown"
    title = "There is no such event type"


class TooManyEndpoints(Conflict):
    """An organisation has a bounded number of endpoints."""

    slug = "too-many-endpoints"
    title = "The organisation has as many webhook endpoints as it may have"


class EndpointDisabled(Conflict):
    """Nothing is sent to a disabled endpoint; enable it first."""

    slug = "endpoint-disabled"
    title = "The webhook endpoint is disabled"


def secrets_signing(
    secret: str, previous_secret: str | None, previous_until: datetime | None, now: datetime
) -> list[str]:
    """The sealed secrets that sign at this moment, newest first."""
    if previous_secret and previous_until and now < previous_until:
        return [secret, previous_secret]
    return [secret]


@dataclass(frozen=True, slots=True)
class EndpointChanged:
    """What happened to an endpoint, as a word."""

    what: Literal["registered", "secret-rotated", "failing", "recovered", "disabled", "enabled"]


@dataclass(slots=True)
class WebhookEndpoint(Aggregate):
    """An address of a partner. Its secrets are sealed: only the moment of signing opens them.

    `failing_since` is the first failure after the last success.
    """

    id: UUID
    organisation_id: UUID
    url: str
    event_types: tuple[str, ...]
    secret: str
    created_at: datetime
    previous_secret: str | None = None
    previous_until: datetime | None = None
    failing_since: datetime | None = None
    disabled_reason: DisabledReason | None = None

    @classmethod
    def register(
        cls,
        endpoint_id: UUID,
        organisation_id: UUID,
        url: str,
        event_types: Sequence[str],
        secret: str,
        now: datetime,
    ) -> "WebhookEndpoint":
        """Register an endpoint for event types of the published list. Raises `EventTypeUnknown`."""
        for position, event_type in enumerate(event_types):
            if event_type not in EVENT_TYPES:
                raise EventTypeUnknown(field=f"body.event_types.{position}")
        wanted = tuple(sorted(set(event_types)))
        endpoint = cls(endpoint_id, organisation_id, url, wanted, secret, now)
        endpoint.record(EndpointChanged("registered"))
        return endpoint

    @property
    def state(self) -> Literal["enabled", "disabled"]:
        return "disabled" if self.disabled_reason else "enabled"

    def rotate(self, secret: str, now: datetime) -> None:
        """Sign with a new secret; with the one it replaces, too, for a day."""
        self.previous_secret, self.previous_until = self.secret, now + BOTH_SECRETS_SIGN_FOR
        self.secret = secret
        self.record(EndpointChanged("secret-rotated"))

    def delivered(self) -> None:
        """A delivery was taken: whatever failed before is over."""
        if self.failing_since is not None:
            self.failing_since = None
            self.record(EndpointChanged("recovered"))

    def failed(self, now: datetime, *, gone: bool) -> None:
        """A delivery was not taken; after five days of nothing else, or a 410, none are sent any more."""
        if self.disabled_reason:
            return
        if self.failing_since is None:
            self.failing_since = now
            self.record(EndpointChanged("failing"))
        if gone or now - self.failing_since >= DISABLED_AFTER_FAILING_FOR:
            self.disabled_reason = "gone" if gone else "failing"
            self.record(EndpointChanged("disabled"))

    def enable(self) -> None:
        """Send to it again, from the next event on."""
        if self.disabled_reason:
            self.disabled_reason = self.failing_since = None
            self.record(EndpointChanged("enabled"))

    def must_be_enabled(self) -> None:
        """Raises `EndpointDisabled`."""
        if self.disabled_reason:
            raise EndpointDisabled(reason=self.disabled_reason)
