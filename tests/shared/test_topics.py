"""Topics are applied from their file, and applying them again does no harm."""

import contextlib
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.messaging import topics
from shared.messaging.topics import TopicsDifferError, apply_topics, load_topics

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


@contextlib.asynccontextmanager
async def applied(bootstrap: str, file: Path) -> AsyncIterator[str]:
    """The prefix under which this file's topics were created."""
    prefix = f"k{uuid.uuid4().hex[:10]}."
    names = await apply_topics(bootstrap, prefix, path=file)
    yield prefix
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.delete_topics(names)
    await admin.close()


async def test_a_topic_whose_settings_have_changed_in_the_file_gets_them(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    file = tmp_path / "topics.yaml"
    file.write_text(FILE)
    async with applied(kafka_bootstrap, file) as prefix:
        file.write_text(FILE.replace("retention_hours: 2", "retention_hours: 5"))
        await apply_topics(kafka_bootstrap, prefix, path=file)

        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
        await admin.start()
        asked = ConfigResource(ConfigResourceType.TOPIC, f"{prefix}short")
        (answer,) = await admin.describe_configs([asked])
        await admin.close()
        settings = {entry[0]: entry[1] for entry in answer.resources[0][4]}
    assert settings["retention.ms"] == str(5 * 3_600_000)


async def test_a_topic_with_other_partitions_is_told_and_not_taken_for_right(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    """Before, topics were created and never compared."""
    file = tmp_path / "topics.yaml"
    file.write_text(FILE)
    async with applied(kafka_bootstrap, file) as prefix:
        file.write_text(FILE.replace("partitions: 3", "partitions: 6"))
        with pytest.raises(TopicsDifferError) as differing:
            await apply_topics(kafka_bootstrap, prefix, path=file)

    assert differing.value.differences == [f"{prefix}short has 3 partitions and should have 6"]


def test_an_acknowledgement_means_two_copies_where_there_are_three() -> None:
    assert topics._durability(3) == {"min.insync.replicas": "2"}
    assert topics._durability(1) == {}


def test_the_platforms_own_file_can_be_read() -> None:
    read = load_topics()

    assert "bookings.learners" in {each.name for each in read if each.compacted and each.partitions == 12}
    assert all(each.partitions == 12 or each.name == "outcomes.frameworks" for each in read)
    assert all(each.compacted or each.retention_hours for each in read)
