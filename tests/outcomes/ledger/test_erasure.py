"""Erasure: words and links go, anonymous entries stay."""

from typing import Any

import asyncpg

from shared.contracts.bookings import LearnerErased
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.outcomes.scenario import COMMENT, Visit


async def test_an_erased_learner_leaves_entries_that_lead_to_nobody(
    run_service: RunService, postgres_admin_url: str
) -> None:
    visit = Visit(await run_service("outcomes"))
    one, two, three = visit.learners
    await visit.begin()
    await visit.here.hear(visit.register(), sequence=5)
    await visit.register_arrived()
    await visit.give_evidence()
    await visit.give_feedback(one)
    await visit.give_feedback(one, two, three)
    await visit.reflect()
    await visit.stands(dict.fromkeys(visit.learners, 300))

    erased = LearnerErased(learner_id=one, institution_id=visit.institution)
    await visit.here.hear(erased)

    async def gone() -> bool:
        return (await visit.school.get(f"/v1/learners/{one}/ledger")).status_code == 404

    await eventually(gone)
    # A late register that still names the learner brings nothing back.
    await visit.here.hear(visit.register({one: 300, two: 300, three: 60}), sequence=6)
    await visit.stands({two: 300, three: 60})
    await visit.here.hear(*visit.recorded(one), sequence=9)
    await visit.here.hear(*visit.recorded(two, year_group=8), sequence=9)
    report = await visit.progress()
    assert (report["learners_on_roll"], report["credited_minutes"]) == (2, 360)

    # Read past row-level security: no row of any table names the learner.
    database = postgres_admin_url.rsplit("/", 1)[0] + "/" + visit.here.database.name
    connection = await asyncpg.connect(database)
    try:
        assert await _tables_naming(connection, str(one)) == set()
        assert {"bookings", "ledger_entries"} <= await _tables_naming(connection, str(visit.session))
        kept = "select count(*), sum(minutes) from ledger_entries where kind = 'credited'"
        assert [tuple(row) for row in await connection.fetch(kept)] == [(4, 960)]
        mine = "select count(*) from feedback_learners where comment = $1"
        assert await connection.fetchval(mine, COMMENT) == 2
    finally:
        await connection.close()


async def test_an_erased_learner_leaves_the_bookings_of_former_schools_too(
    run_service: RunService, postgres_admin_url: str
) -> None:
    old = Visit(await run_service("outcomes"))
    one, two, three = old.learners
    await old.begin()
    await old.here.hear(old.register(), sequence=5)
    await old.register_arrived()
    new, newest = Visit(old.here, learners=[one]), Visit(old.here, learners=[one])
    for sequence, visit in enumerate((new, newest), 7):
        facts = visit.published(), visit.scheduled(), *visit.recorded(), visit.confirmed()
        await visit.here.hear(*facts, sequence=sequence)
        await visit.here.hear(visit.register(), sequence=sequence + 1)
        await visit.register_arrived()

    await old.here.hear(LearnerErased(learner_id=one, institution_id=newest.institution))
    # What says the learner's name once more, late, brings nothing back.
    await new.here.hear(new.confirmed(), sequence=99)

    database = postgres_admin_url.rsplit("/", 1)[0] + "/" + old.here.database.name
    connection = await asyncpg.connect(database)

    async def gone() -> bool:
        confirmed_again = "select sequence = 99 from bookings where booking_id = $1"
        return (
            await _tables_naming(connection, str(one)) == set()
            and await connection.fetchval(confirmed_again, new.booking) is True
        )

    try:
        await eventually(gone)
        kept = await connection.fetchval(
            "select learner_ids from bookings where booking_id = $1", old.booking
        )
        assert set(kept) == {two, three}
    finally:
        await connection.close()


async def _tables_naming(connection: "asyncpg.Connection[Any]", needle: str) -> set[str]:
    tables = await connection.fetch(
        "select table_name from information_schema.tables where table_schema = 'public'"
        # What was published is kept here for three days, a shorter time than on its topics.
        " and table_name <> 'outbox_archive'"
    )
    found = set()
    for (table,) in tables:
        query = f"select exists (select from {table} t where t::text like '%' || $1 || '%')"
        if await connection.fetchval(query, needle):
            found.add(table)
    return found
