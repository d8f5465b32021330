"""What a contract is: a typed event with a name, a version, a topic and the member that keys it."""

from collections.abc import Callable
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

_declared: dict[str, type["Contract"]] = {}


class Contract(BaseModel):
    """An event as published. Readers ignore members they do not know; nothing personal is one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    topic: ClassVar[str]
    key_field: ClassVar[str]

    @property
    def key(self) -> str:
        """The aggregate this event speaks of: order holds among events of one key."""
        return str(getattr(self, self.key_field))


C = TypeVar("C", bound=Contract)


def contract(event_type: str, *, topic: str, key: str) -> Callable[[type[C]], type[C]]:
    """Publish a model under `event_type` (`noun.verbed.v1`) on `topic`, keyed by its member `key`."""

    def register(model: type[C]) -> type[C]:
        if event_type in _declared:
            raise ValueError(f"{event_type} is published twice")
        if key not in model.model_fields:
            raise ValueError(f"{event_type} has no member {key}")
        model.type, model.topic, model.key_field = event_type, topic, key
        _declared[event_type] = model
        return model

    return register


def service_of(topic: str) -> str:
    """The one service that says what is on a topic: the topic's name begins with it."""
    return topic.partition(".")[0]


def source_of(service: str) -> str:
    """What a service calls itself in its events, as CloudEvents' `source`."""
    return f"/services/{service}"


def declared() -> dict[str, type[Contract]]:
    """The contracts declared so far, in modules that have been imported, by type; for all: `registry`."""
    return dict(sorted(_declared.items()))
