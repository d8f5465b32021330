"""Whose is whose: by the routes, and by row-level security alone."""

from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from shared.persistence.reading import reading
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.outcomes.scenario import COMMENT, CRITERIA, Visit, accepted

TENANT_TABLES = [
    "attendances",
    "bookings",
    "denial_counts",
    "feedback",
    "feedback_learners",
    "learner_totals",
    "learners",
    "ledger_entries",
    "progress_counts",
    "reflections",
    "registers",
    "session_evidence",
    "standings",
    "year_group_changes",
    "year_groups",
]


@pytest.fixture
async def visit(run_service: RunService) -> Visit:
    """A visit with all its evidence; one learner's reflection is missing."""
    made = Visit(await run_service("outcomes"))
    one, two, three = made.learners
    await made.begin()
    await made.here.hear(made.register())
    await made.register_arrived()
    await made.give_evidence()
    await made.give_feedback()
    await made.reflect(one, two)
    await made.stands({one: 300, two: 300, three: 0})
    await made.here.hear(*made.recorded(three, year_group=8), sequence=2)

    async def moved() -> bool:
        path = f"/v1/institutions/{made.institution}/progress/learners"
        items = (await made.school.get(path, key_stage="KS3")).json()["items"]
        return any(each["year_group"] == 8 for each in items)

    await eventually(moved)
    return made


async def test_a_foreign_organisation_finds_nothing(visit: Visit) -> None:
    stranger = visit.here.caller(
        "progress:read ledger:read feedback:write", organisation=uuid4(), acting_for=[uuid4()]
    )
    one, *_ = visit.learners
    for path in (
        f"/v1/institutions/{visit.institution}/progress?key_stage=KS3",
        f"/v1/institutions/{visit.institution}/progress/learners?key_stage=KS3",
        f"/v1/learners/{one}/ledger",
    ):
        assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get(f"/v1/sessions/{visit.session}/assessment")).json()["items"] == []
    posts = {
        "evidence": {"criteria": CRITERIA},
        "feedback": {"all_present": True, "comment": COMMENT},
    }
    for path, body in posts.items():
        answer = await stranger.post(f"/v1/sessions/{visit.session}/{path}", body)
        assert answer.status_code == 404
    # The school is a party, but the provider's feedback is the provider's to give.
    answer = await visit.school.post(f"/v1/sessions/{visit.session}/feedback", posts["feedback"])
    assert answer.status_code == 404


async def test_row_level_security_alone_hides_every_row(visit: Visit) -> None:
    database = visit.here.runtime.database
    owner = await asyncpg.connect(visit.here.database.owner_url)
    try:
        for table in TENANT_TABLES:
            count = text(f"select count(*) from {table}")
            async with reading(database, {visit.institution, visit.provider}) as session:
                assert await session.scalar(count), table
            for strangers in ({uuid4()}, set[UUID]()):
                async with reading(database, strangers) as session:
                    assert await session.scalar(count) == 0, table
            assert await owner.fetchval(f"select count(*) from {table}") == 0, table
        # Every table that names an institution or a party is one of these.
        unprotected = "select relname from pg_class where relkind = 'r' and not relforcerowsecurity"
        names = {row["relname"] for row in await owner.fetch(unprotected)}
        assert names & set(TENANT_TABLES) == set()
    finally:
        await owner.close()


async def test_a_school_reads_its_providers_evidence_and_no_other_schools(visit: Visit) -> None:
    other = Visit(visit.here, provider=visit.provider, session=visit.session, opportunity=visit.opportunity)
    await other.here.hear(*other.recorded(), other.confirmed(), other.register())
    await other.register_arrived()
    path = f"/v1/sessions/{visit.session}/evidence"
    contested = {"criteria": [{"criterion": "M4", "met": False}]}
    await accepted(other.school, path, contested)
    one, two, three = visit.learners
    await visit.stands({one: 300, two: 300, three: 0})
    evidence = text("select given_by from session_evidence group by given_by")
    async with reading(visit.here.runtime.database, {visit.institution}) as session:
        assert (await session.scalars(evidence)).all() == [visit.provider]
    async with reading(visit.here.runtime.database, {other.institution}) as session:
        assert set((await session.scalars(evidence)).all()) == {visit.provider, other.institution}


async def test_the_ledger_cannot_be_changed_by_the_service(visit: Visit) -> None:
    app = await asyncpg.connect(visit.here.database.app_url)
    try:
        for statement in ("update ledger_entries set minutes = 1", "delete from ledger_entries"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.execute(statement)
        for statement in ("truncate ledger_entries", "delete from erasures", "delete from feedback"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.execute(statement)
    finally:
        await app.close()
