"""Schools whose learners have been somewhere, as `outcomes` knows them before a register comes."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from shared.contracts.bookings import AttendanceRecorded
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event
from shared.contracts.vocabulary import AttendanceEntry
from shared.kernel import new_id

DAY = date(2026, 6, 10)
SCHOOLS = 40
# What a register writes to, parents first.
EFFECT = (
    "inbox", "registers", "attendances", "ledger_entries", "standings", "learner_totals",
    "denial_counts", "progress_counts", "outbox",
)  # fmt: skip
_PARTIES = ("booking_id", "session_id", "opportunity_id", "institution_id", "provider_id")
_TABLES: dict[str, tuple[str, ...]] = {
    "opportunities": ("opportunity_id", "provider_id", "kind", "mode", "sequence"),
    "sessions": ("session_id", "opportunity_id", "provider_id", "sequence"),
    "session_days": ("session_id", "on_day", "starts", "ends"),
    "bookings": (*_PARTIES, "learner_ids", "ended", "sequence"),
    "accounts": ("learner_id", "account_id", "institution_id", "entries", "sequence"),
    "learners": ("institution_id", "learner_id", "priority_flags", "on_roll", "year_group"),
    "year_groups": ("institution_id", "learner_id", "school_year", "year_group"),
    "session_evidence": (
        "session_id", "given_by", "criterion", "by_provider", "met", "measure", "detail", "given_at",
    ),
    "feedback": (
        "feedback_id", "session_id", "provider_id", "all_present", "objective_codes", "sequence", "given_at",
    ),
    "reflections": (
        "reflection_id", "institution_id", "learner_id", "session_id", "text", "objective_codes", "skills",
        "submitted_on", "submitted_at",
    ),
}  # fmt: skip
Connection: TypeAlias = "asyncpg.Connection[Any]"


@dataclass(frozen=True, slots=True)
class Visit:
    """One booking of a session, with its learners."""

    booking: UUID
    session: UUID
    opportunity: UUID
    school: UUID
    provider: UUID
    learners: tuple[UUID, ...]

    @property
    def parties(self) -> tuple[UUID, ...]:
        return self.booking, self.session, self.opportunity, self.school, self.provider

    def register(self) -> Event[Contract]:
        """Everybody was there all day."""
        entries = [AttendanceEntry(learner_id=each, attended=True, minutes=300) for each in self.learners]
        said = AttendanceRecorded(**dict(zip(_PARTIES, self.parties, strict=True)), on=DAY, entries=entries)
        return Event(new_id(), "/services/bookings", datetime.now(UTC), 2, said)


def visits(count: int, learners: int) -> list[Visit]:
    """So many bookings, each of a session of its own, by schools in turn."""
    schools = [new_id() for _ in range(SCHOOLS)]
    return [
        Visit(
            *(new_id(), new_id(), new_id(), schools[number % SCHOOLS], new_id()),
            tuple(new_id() for _ in range(learners)),
        )
        for number in range(count)
    ]


async def prepare(connection: Connection, known: list[Visit]) -> None:
    """All that has to be known before: four learners of five have reflected, the fifth lacks M7."""
    await connection.execute(f"truncate {', '.join((*_TABLES, *EFFECT))} cascade")
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
    for visit in known:
        for table, row in _known(visit):
            rows[table].append(row)
    for table, columns in _TABLES.items():
        await connection.copy_records_to_table(table, records=rows[table], columns=columns)
    await forget_effect(connection)
    await connection.execute("analyze")


def _known(visit: Visit) -> Iterator[tuple[str, tuple[Any, ...]]]:
    now = datetime.now(UTC)
    yield "opportunities", (visit.opportunity, visit.provider, "workplace_experience", "in_person", 1)
    yield "sessions", (visit.session, visit.opportunity, visit.provider, 1)
    yield "session_days", (visit.session, DAY, time(9), time(15))
    yield "bookings", (*visit.parties, list(visit.learners), False, 1)
    for number, measure in enumerate((2, 1, 150, 4, 1), start=1):
        yield (
            "session_evidence",
            (visit.session, visit.provider, f"M{number}", True, True, measure, "{}", now),
        )
    yield "feedback", (new_id(), visit.session, visit.provider, True, [], 1, now)
    for learner in visit.learners:
        yield "accounts", (learner, new_id(), visit.school, 0, 1)
        yield "learners", (visit.school, learner, [], True, 9)
        yield "year_groups", (visit.school, learner, 2025, 9)
        if learner.int % 5:
            words = "I saw how a team works."
            yield "reflections", (new_id(), visit.school, learner, visit.session, words, [], [], DAY, now)


async def forget_effect(connection: Connection) -> None:
    """As before the registers: nobody has any minutes."""
    await connection.execute(f"truncate {', '.join(EFFECT)}")
    await connection.execute("update accounts set entries = 0 where entries > 0")
    await connection.execute(
        """
        insert into progress_counts
        select institution_id, 'KS3', unnest(array['all', 'others']), 0, count(*), 0, 0
        from learners group by institution_id
        """
    )


async def copy_out(connection: Connection) -> dict[str, bytes]:
    """The rows of the effect, table by table."""
    copied = {}
    for table in EFFECT:
        copied[table] = io.BytesIO()
        query = f"select * from {table}"  # a table with partitions is not copied from by name
        await connection.copy_from_query(query, output=copied[table], format="binary")
    return {table: content.getvalue() for table, content in copied.items()}


async def copy_in(connection: Connection, copied: dict[str, bytes]) -> None:
    """The same rows by COPY in one transaction, with every constraint and index in place."""
    await connection.execute(f"truncate {', '.join(EFFECT)}")
    async with connection.transaction():
        for table, content in copied.items():
            await connection.copy_to_table(table, source=io.BytesIO(content), format="binary")
