"""The AsyncAPI 3.0 document: who says what on which topic, for the whole platform."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from shared.contracts.contract import Contract, service_of
from shared.contracts.schemas import KEY, TOPIC, inlined, schema_of

_TEXT = {"type": "string"}
_SAYS = {
    "opportunities": "the national register of organisations, opportunities and sessions",
    "bookings": "learners by pseudonym, bookings, places and attendance",
    "safeguarding": "assurances of providers and clearances of bookings",
    "outcomes": "frameworks, the ten-day ledger and the arrival of evidence",
    "integrations": "what partners sent, normalised and sealed",
}


class Topic(Protocol):
    """A topic as the topics file describes it."""

    @property
    def name(self) -> str: ...
    @property
    def partitions(self) -> int: ...
    @property
    def compacted(self) -> bool: ...
    def settings(self) -> dict[str, str]: ...


def document(
    contracts: Mapping[str, type[Contract]],
    topics: Sequence[Topic],
    samples: Mapping[str, Any],
    *,
    version: str = "1.0.0",
) -> dict[str, Any]:
    """The document of these contracts on these topics, each message with its sample."""
    services = sorted({service_of(topic.name) for topic in topics})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "wex events",
            "version": version,
            "description": "What the services of the work-experience platform tell one another: thin events "
            "of identifiers, states, dates and codes. CloudEvents 1.0 in Kafka's binary mode; delivered at "
            "least once, in order among events of one key on one topic.",
            "license": {"name": "MIT"},
            "tags": [{"name": name, "description": f"Says {_SAYS[name]}"} for name in services],
        },
        "defaultContentType": "application/json",
        "servers": {
            "platform": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The platform's own brokers; nobody outside is connected to them.",
                "variables": {"bootstrap": {"default": "127.0.0.1:9092", "description": "host:port"}},
            }
        },
        "channels": {topic.name: _channel(topic, _on(contracts, topic.name)) for topic in topics},
        "operations": {
            f"{service_of(topic.name)}.send.{topic.name.partition('.')[2]}": _operation(
                topic, _on(contracts, topic.name)
            )
            for topic in topics
        },
        "components": {
            "messages": {name: _message(contract, samples.get(name)) for name, contract in contracts.items()}
        },
    }


def _on(contracts: Mapping[str, type[Contract]], topic: str) -> list[type[Contract]]:
    return [contract for contract in contracts.values() if contract.topic == topic]


def _channel(topic: Topic, contracts: list[type[Contract]]) -> dict[str, Any]:
    settings = topic.settings()
    configuration: dict[str, Any] = {"cleanup.policy": [settings["cleanup.policy"]]}
    if "retention.ms" in settings:
        configuration["retention.ms"] = int(settings["retention.ms"])
    keys = " or ".join(sorted({contract.key_field for contract in contracts}))
    stay = (
        "The newest event of each key is kept for ever, until a tombstone for the key erases it."
        if topic.compacted
        else f"Events are kept for {int(settings['retention.ms']) // 3_600_000} hours."
    )
    return {
        "address": topic.name,
        "title": topic.name,
        "description": f"Keyed by {keys}. {stay}",
        "messages": {c.type: {"$ref": f"#/components/messages/{c.type}"} for c in contracts},
        "bindings": {"kafka": {"partitions": topic.partitions, "topicConfiguration": configuration}},
    }


def _operation(topic: Topic, contracts: list[type[Contract]]) -> dict[str, Any]:
    service = service_of(topic.name)
    channel = f"#/channels/{topic.name}"
    return {
        "action": "send",
        "channel": {"$ref": channel},
        "title": f"{service} says on {topic.name}",
        "summary": f"Only {service} writes to this topic; every service may read it.",
        "tags": [{"name": service}],
        "messages": [{"$ref": f"{channel}/messages/{contract.type}"} for contract in contracts],
    }


def _message(contract: type[Contract], sample: Any) -> dict[str, Any]:
    schema = schema_of(contract)
    payload = {name: value for name, value in inlined(schema).items() if name not in (TOPIC, KEY)}
    key = payload["properties"][contract.key_field]
    message: dict[str, Any] = {
        "name": contract.type,
        "title": contract.__name__,
        "summary": schema["description"],
        "contentType": "application/json",
        "headers": _headers(contract.type),
        "payload": payload,
        "bindings": {"kafka": {"key": key, "bindingVersion": "0.5.0"}},
    }
    if sample is not None:
        message["examples"] = [{"name": "sample", "headers": sample["headers"], "payload": sample["data"]}]
    return message


def _headers(event_type: str) -> dict[str, Any]:
    """The CloudEvents attributes as Kafka headers."""
    required = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"format": "uuid", "description": "UUIDv7; readers take an event once by it"},
        "ce_source": {"description": "`/services/` and the name of the service"},
        "ce_type": {"const": event_type},
        "ce_subject": {"description": "The key: the aggregate the event is about"},
        "ce_time": {"format": "date-time", "description": "When it happened"},
        "ce_sequence": {
            "pattern": "^[0-9]+$",
            "description": "Grows with every change of the aggregate; of what is kept the highest holds",
        },
        "ce_partitionkey": {"description": "The key again, as CloudEvents' partitioning extension has it"},
        "ce_dataschema": {"const": f"/schemas/{event_type}.json"},
        "content-type": {"const": "application/json"},
    }
    optional = {
        "ce_announced": {"const": "true", "description": "On an event that tells again what is"},
        "traceparent": {"description": "W3C Trace Context of the change"},
    }
    return {
        "type": "object",
        "required": list(required),
        "properties": {name: _TEXT | schema for name, schema in (required | optional).items()},
    }
