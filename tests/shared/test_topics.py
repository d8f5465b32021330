"""Topics are applied from their file, and applying them again does no harm."""

import uuid
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.messaging import topics
from shared.messaging.topics import Topic, apply_topics, load_topics

FILE = """
topics:
  - {name: short, partitions: 3, retention_hours: 2}
  - {name: kept, partitions: 1, compacted: true}
"""


async def test_topics_get_their_partitions_and_settings_and_stay_when_applied_again(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    file, prefix = tmp_path / "topics.yaml", f"k{uuid.uuid4().hex[:10]}."
    file.write_text(FILE)
    for _ in "12":
        assert await apply_topics(kafka_bootstrap, prefix, path=file) == [f"{prefix}short", f"{prefix}kept"]

    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        described = {
            each["topic"]: each for each in await admin.describe_topics([f"{prefix}short", f"{prefix}kept"])
        }
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in described]
        (answer,) = await admin.describe_configs(asked)
    finally:
        await admin.delete_topics([f"{prefix}short", f"{prefix}kept"])
        await admin.close()

    settings = {each[3]: {entry[0]: entry[1] for entry in each[4]} for each in answer.resources}
    assert len(described[f"{prefix}short"]["partitions"]) == 3
    assert settings[f"{prefix}short"]["retention.ms"] == "7200000"
    assert settings[f"{prefix}kept"]["cleanup.policy"] == "compact"


def test_an_acknowledgement_means_two_copies_where_there_are_three() -> None:
    assert topics._durability(3) == {"min.insync.replicas": "2"}
    assert topics._durability(1) == {}


def test_the_platforms_own_file_can_be_read() -> None:
    read = load_topics()

    assert Topic("bookings.learners", 12, compacted=True) in read
    assert all(each.partitions == 12 or each.name == "outcomes.frameworks" for each in read)
    assert all(each.compacted or each.retention_hours for each in read)
