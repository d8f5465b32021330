"""The topics of `deploy/topics.yaml`: read, and applied to a broker without harm when run again."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

TOPICS_FILE = Path(__file__).parents[4] / "deploy" / "topics.yaml"
_ALREADY_EXISTS = 36


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic; `retention_hours` is None where the newest event of each key is kept for ever."""

    name: str
    partitions: int
    compacted: bool = False
    retention_hours: int | None = None

    def settings(self) -> dict[str, str]:
        if self.compacted:
            return {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1"}
        hours = self.retention_hours or 168
        return {"cleanup.policy": "delete", "retention.ms": str(hours * 3_600_000)}


def load_topics(path: Path = TOPICS_FILE) -> list[Topic]:
    """Read the topics file."""
    return [Topic(**row) for row in yaml.safe_load(path.read_text())["topics"]]


async def apply_topics(
    bootstrap: str,
    prefix: str = "",
    *,
    partitions: int | None = None,
    replication: int = 1,
    path: Path = TOPICS_FILE,
) -> list[str]:
    """Create the topics that are missing, under `prefix`; returns the names of all.

    With three copies or more an acknowledgement means that two have the event.
    `partitions` overrides the file's number: tests need few.
    """
    topics = load_topics(path)
    wanted = [
        NewTopic(
            name=prefix + topic.name,
            num_partitions=min(partitions or topic.partitions, topic.partitions),
            replication_factor=replication,
            topic_configs=topic.settings() | _durability(replication),
        )
        for topic in topics
    ]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=15_000)
    await admin.start()
    try:
        answer = await admin.create_topics(wanted, timeout_ms=15_000)
        for name, code, *_ in answer.topic_errors:
            if code not in (0, _ALREADY_EXISTS):
                raise for_code(code)(name)
    except TopicAlreadyExistsError:
        pass
    finally:
        await admin.close()
    return [topic.name for topic in wanted]


def _durability(replication: int) -> dict[str, str]:
    return {"min.insync.replicas": "2"} if replication > 2 else {}
