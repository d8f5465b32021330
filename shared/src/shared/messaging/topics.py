"""The topics of `deploy/topics.yaml`: read, created, and compared with those that are there."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.telemetry.logs import logger

TOPICS_FILE = Path(__file__).parents[4] / "deploy" / "topics.yaml"
_ALREADY_EXISTS = 36
_DESCRIBE_SECONDS = 30.0
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic; `retention_hours` is None where the newest event of each key is kept for ever.

    `again` is how its state can be heard again, and `why` tells why it is so.
    """

    name: str
    partitions: int
    compacted: bool = False
    retention_hours: int | None = None
    again: Literal["compacted", "announce", "never"] = "never"
    why: str = ""

    def settings(self) -> dict[str, str]:
        if self.compacted:
            return {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"}
        hours = self.retention_hours or 168
        return {"cleanup.policy": "delete", "retention.ms": str(hours * 3_600_000)}


def load_topics(path: Path = TOPICS_FILE) -> list[Topic]:
    """Read the topics file."""
    return [Topic(**row) for row in yaml.safe_load(path.read_text())["topics"]]


class TopicsDifferError(Exception):
    """Topics are not as the file wants them, in a way that only people can change; each is told in words."""

    def __init__(self, differences: list[str]) -> None:
        super().__init__("; ".join(differences))
        self.differences = differences


async def apply_topics(
    bootstrap: str,
    prefix: str = "",
    *,
    partitions: int | None = None,
    replication: int = 1,
    path: Path = TOPICS_FILE,
) -> list[str]:
    """Create the topics that are missing, under `prefix`, and give the others their settings; names of all.

    With three copies or more an acknowledgement means that two have the event.
    `partitions` overrides the file's number: tests need few.
    Raises `TopicsDifferError` where a topic has another number of partitions or fewer copies: keys would
    change their partition, and the order of their events with it.
    """
    wanted = [
        NewTopic(
            name=prefix + topic.name,
            num_partitions=min(partitions or topic.partitions, topic.partitions),
            replication_factor=replication,
            topic_configs=topic.settings() | _durability(replication),
        )
        for topic in load_topics(path)
    ]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=15_000)
    await admin.start()
    try:
        await _create(admin, wanted)
        await _set_up(admin, wanted)
        if differences := await _differences(admin, wanted):
            raise TopicsDifferError(differences)
    finally:
        await admin.close()
    return [topic.name for topic in wanted]


async def partitions_of(bootstrap: str, topics: Iterable[str]) -> list[TopicPartition]:
    """Every partition of these topics, which must be there."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=15_000)
    await admin.start()
    try:
        described = await _described(admin, sorted(topics))
    finally:
        await admin.close()
    return [
        TopicPartition(topic, each["partition"])
        for topic, partitions in described.items()
        for each in sorted(partitions, key=lambda one: one["partition"])
    ]


async def _create(admin: AIOKafkaAdminClient, wanted: Sequence[NewTopic]) -> None:
    with contextlib.suppress(TopicAlreadyExistsError):
        answer = await admin.create_topics(list(wanted), timeout_ms=15_000)
        for name, code, *_ in answer.topic_errors:
            if code not in (0, _ALREADY_EXISTS):
                raise for_code(code)(name)


async def _set_up(admin: AIOKafkaAdminClient, wanted: Sequence[NewTopic]) -> None:
    """Give each topic whose settings are others the ones it should have."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic.name) for topic in wanted]
    present: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(asked):
        for resource in answer.resources:
            present[resource[3]] = {entry[0]: entry[1] for entry in resource[4]}
    for topic in wanted:
        had = present.get(topic.name, {})
        changed = sorted(name for name, value in topic.topic_configs.items() if had.get(name) != value)
        if not changed:
            continue
        new = ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=topic.topic_configs)
        for answer in await admin.alter_configs([new]):
            for code, *_ in answer.resources:
                if code:
                    raise for_code(code)(topic.name)
        log.info("topic_settings_changed", topic=topic.name, name=", ".join(changed))


async def _differences(admin: AIOKafkaAdminClient, wanted: Sequence[NewTopic]) -> list[str]:
    differences = []
    described = await _described(admin, [topic.name for topic in wanted])
    for topic in wanted:
        partitions, name = described[topic.name], topic.name
        if len(partitions) != topic.num_partitions:
            differences.append(
                f"{name} has {len(partitions)} partitions and should have {topic.num_partitions}"
            )
        copies = min((len(each["replicas"]) for each in partitions), default=0)
        if copies < topic.replication_factor:
            differences.append(f"{name} has {copies} copies and should have {topic.replication_factor}")
    return differences


async def _described(admin: AIOKafkaAdminClient, names: list[str]) -> dict[str, list[dict[str, Any]]]:
    """The partitions of each topic, once the broker tells of all: it needs a moment for new ones."""
    async with asyncio.timeout(_DESCRIBE_SECONDS):
        while True:
            found = {each["topic"]: each["partitions"] for each in await admin.describe_topics(names)}
            if all(found.get(name) for name in names):
                return found
            await asyncio.sleep(0.1)


def _durability(replication: int) -> dict[str, str]:
    return {"min.insync.replicas": "2"} if replication > 2 else {}
