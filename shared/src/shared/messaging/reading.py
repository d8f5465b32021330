"""Reading: from a message in the log to an event this service acts on, to nothing, or to why not."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from shared.contracts.contract import Contract, service_of, source_of
from shared.contracts.envelope import Event, Malformed, UnknownType, UnknownValue, from_message
from shared.contracts.registry import published
from shared.contracts.schemas import schema_of
from shared.messaging.parking import RawMessage


class EventReader:
    """Reads messages by the contracts of this release; `subscribed` are those the service acts on."""

    def __init__(self, subscribed: Mapping[str, type[Contract]]) -> None:
        self._subscribed = subscribed
        self._known = published() | dict(subscribed)

    @cached_property
    def release(self) -> str:
        """Digest of every contract this release knows: another can read what this one cannot."""
        schemas = [schema_of(self._known[name]) for name in sorted(self._known)]
        return hashlib.sha256(json.dumps(schemas, sort_keys=True).encode()).hexdigest()[:16]

    def read(self, message: RawMessage) -> Event[Any] | None:
        """The message's event, or None where it says nothing to this service.

        A type or value that is new is `unknown` from the topic's owner, who has a newer release, and nothing
        from anybody else. Raises `UnknownType`, `UnknownValue`, `Malformed`.
        """
        if message.payload is None:
            return None  # a tombstone only compacts the log; the erasure itself is an event
        try:
            return from_message(message.header_pairs, message.payload, self._subscribed)
        except UnknownType as error:
            if str(error) in self._known or not _said_by_owner(message):
                return None
            raise
        except UnknownValue as error:
            if not _said_by_owner(message):
                raise Malformed(str(error)) from None
            raise


def _said_by_owner(message: RawMessage) -> bool:
    """Whether it comes from the one service that may write to its topic: the topic is named after it."""
    return message.headers.get("ce_source") == source_of(service_of(message.topic))


def names(event: Event[Any]) -> set[str]:
    """The ids an event names: what waits for a fact about one of them may find it now."""
    return {event.data.key, *(str(value) for value in vars(event.data).values() if isinstance(value, UUID))}
