"""The envelope: CloudEvents 1.0, binary mode on Kafka (attributes as headers, data as the value)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import ValidationError

from shared.contracts.contract import Contract

C_co = TypeVar("C_co", bound=Contract, covariant=True)


@dataclass(frozen=True, slots=True)
class Event(Generic[C_co]):
    """One thing that happened: the contract's data and what CloudEvents says about it.

    `sequence` is the aggregate's version after the event, as published with the epoch of its service added;
    `traceparent` ties it to its trace. `announced` is
    said of an event that tells what is, not what happened now: it is news only to who keeps a copy.
    """

    id: UUID
    source: str
    time: datetime
    sequence: int
    data: C_co
    traceparent: str | None = field(default=None, compare=False)
    announced: bool = False

    @property
    def type(self) -> str:
        return self.data.type


class UnknownType(Exception):  # noqa: N818 - not an error: a newer producer sent it
    """A type this reader does not know."""


class UnknownValue(Exception):  # noqa: N818 - not an error: a newer producer sent it
    """A known type with a value that is not among those this reader knows: a newer enumeration has it."""


class Malformed(Exception):  # noqa: N818 - the message is wrong, not this program
    """The message is not a CloudEvent of ours, or its data breaks its contract."""


def to_headers(event: Event[Contract]) -> dict[str, str]:
    """The Kafka headers of an event in binary mode."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(event.id),
        "ce_source": event.source,
        "ce_type": event.type,
        "ce_subject": event.data.key,
        "ce_time": event.time.isoformat(),
        "ce_sequence": str(event.sequence),
        "ce_partitionkey": event.data.key,
        "ce_dataschema": f"/schemas/{event.type}.json",
        "content-type": "application/json",
    }
    if event.announced:
        headers["ce_announced"] = "true"
    if event.traceparent:
        headers["traceparent"] = event.traceparent
    return headers


def from_message(
    headers: Iterable[tuple[str, bytes]], value: bytes, known: Mapping[str, type[C_co]]
) -> Event[C_co]:
    """Read an event from a Kafka message.

    Raises `UnknownType` for a type not in `known`, `UnknownValue` where nothing but the value of an
    enumeration is new, `Malformed` for anything else that breaks the contract.
    """
    attributes = _decode(headers)
    event_type = attributes.get("ce_type")
    if event_type is None:
        raise Malformed("no ce_type")
    model = known.get(event_type)
    if model is None:
        raise UnknownType(event_type)
    try:
        return Event(
            id=UUID(attributes["ce_id"]),
            source=attributes["ce_source"],
            time=_instant(attributes["ce_time"]),
            sequence=_sequence(attributes["ce_sequence"]),
            data=model.model_validate_json(value),
            traceparent=attributes.get("traceparent"),
            announced=attributes.get("ce_announced") == "true",
        )
    except ValidationError as error:
        # What was wrong is told by its place alone: the error's words may repeat the data.
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        if all(each["type"] == "literal_error" for each in wrong):
            raise UnknownValue(f"{event_type}: {wrong[0]['loc'][0]}") from None
        raise Malformed(f"{event_type}: {type(error).__name__}") from None
    except (KeyError, ValueError) as error:
        raise Malformed(f"{event_type}: {type(error).__name__}") from None


def _decode(headers: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    try:
        return {name: value.decode() for name, value in headers}
    except (UnicodeDecodeError, AttributeError):
        raise Malformed("headers are not UTF-8 text") from None


def _instant(text: str) -> datetime:
    if (instant := datetime.fromisoformat(text)).tzinfo is None:
        raise ValueError("a time without its offset")
    return instant


def _sequence(text: str) -> int:
    if not 0 <= (number := int(text)) < 2**63:
        raise ValueError("not a version a database keeps")
    return number
