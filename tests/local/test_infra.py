"""The fixtures that other tests use."""

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from tests.infra.fixtures import ServiceDatabases

from shared.messaging.topics import load_topics
from wex import health
from wex.issuer import Issuer


async def test_postgres_answers(postgres_admin_url: str) -> None:
    connection = await asyncpg.connect(postgres_admin_url)
    try:
        assert await connection.fetchval("show max_connections") == "600"
    finally:
        await connection.close()


async def test_each_test_has_topics_of_its_own(kafka_bootstrap: str, topic_prefix: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
    await admin.start()
    try:
        assert {topic_prefix + topic.name for topic in load_topics()} <= set(await admin.list_topics())
    finally:
        await admin.close()


async def test_issuer_answers_over_http(issuer: Issuer) -> None:
    assert await health.is_ready(int(issuer.url.rpartition(":")[2]), "/jwks")


async def test_each_test_has_a_migrated_database_of_its_own(service_database: ServiceDatabases) -> None:
    first, second = await service_database("opportunities"), await service_database("opportunities")
    assert first.name != second.name
    connection = await asyncpg.connect(first.app_url)
    try:
        assert await connection.fetchval("select count(*) from outbox") == 0
        assert await connection.fetchval("select current_user") == "wex_opportunities_app"
    finally:
        await connection.close()
