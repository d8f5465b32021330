"""Documents in JSON columns: whatever a release has written is read by this one.

`stored/` has one file for each shape a document ever had, `<service>.<table>.<column>.<number>.json`, with
what was really written. A changed shape takes the next number and leaves the earlier files as they are.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, make_dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from bookings.reservations.domain.eligibility import Decision
from bookings.reservations.repository.loading import decision_of
from integrations.rosters.bodies import FaultBody, OutOfScopeBody
from integrations.rosters.domain.roster import Fault, OutOfScope
from opportunities.offers.domain.opportunity import Decided
from opportunities.offers.domain.session import Day
from opportunities.offers.repository import day_of, decided_of
from outcomes.ledger.domain.counting import Evidence
from safeguarding.assurances.domain.checklists import Answer
from safeguarding.assurances.repository import ANSWERS
from safeguarding.clearances.domain.clearance_rules import Case
from safeguarding.clearances.repository import CASE
from shared.bus.inbox import Answer as KeptAnswer
from tests.infra.fixtures import ServiceDatabases

CORPUS = Path(__file__).parent / "stored"


@dataclass(frozen=True)
class Stored:
    """What a document is kept of, and how it is read."""

    of: Any
    read: Callable[[Any], Any]


def each(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda documents: [read(document) for document in documents]


STORED = {
    "bookings.bookings.decision": Stored(Decision, decision_of),
    "integrations.rosters.out_of_scope": Stored(list[OutOfScope], each(OutOfScopeBody.model_validate)),
    "integrations.rosters.rejected": Stored(list[Fault], each(FaultBody.model_validate)),
    "integrations.rosters.warnings": Stored(list[Fault], each(FaultBody.model_validate)),
    "kit.inbox_brief.answer": Stored(KeptAnswer, KeptAnswer.restored),
    "opportunities.opportunities.decided": Stored(Decided, decided_of),
    "opportunities.sessions.days": Stored(list[Day], each(day_of)),
    "outcomes.ledger_entries.inputs": Stored(Evidence, Evidence.of),
    "safeguarding.assurance_answers.answers": Stored(list[Answer], ANSWERS.validate_python),
    "safeguarding.clearances.inputs": Stored(Case, CASE.validate_python),
}
HEADERS = "an event's headers, whose form is the envelope's"
# Of these no code reads the members, or their form is held elsewhere.
ELSEWHERE = {
    "kit.inbox.answer": "claims of before requests had a table of their own",
    "kit.inbox_long.answer": "events are not answered",
    "kit.outbox.headers": HEADERS,
    "kit.outbox_archive.headers": HEADERS,
    "kit.parked_messages.headers": HEADERS,
    "outcomes.session_evidence.detail": "kept to be shown to a person; its measure has a column",
    "safeguarding.superseded_decisions.inputs": "copied from clearances, and read by nobody yet",
}
_COLUMNS = """
    select c.relname as table, a.attname as column
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
      and a.atttypid in ('json'::regtype, 'jsonb'::regtype) and not a.attisdropped
"""


def shape_of(kind: Any) -> Any:
    """The members of what is stored and their types, without words."""

    def bare(node: Any, *, names: bool = False) -> Any:
        if isinstance(node, dict):
            return {
                key: bare(value, names=key in ("properties", "$defs"))
                for key, value in node.items()
                if names or key not in ("title", "description")
            }
        return [bare(each) for each in node] if isinstance(node, list) else node

    return bare(TypeAdapter(kind).json_schema())


def written(name: str) -> list[dict[str, Any]]:
    """Every shape of a document in order, the present one last."""
    files = sorted(CORPUS.glob(f"{name}.*.json"), key=lambda file: int(file.suffixes[-2][1:]))
    return [json.loads(file.read_text()) for file in files]


@pytest.mark.parametrize("name", STORED)
def test_whatever_was_written_is_read(name: str) -> None:
    corpus = written(name)
    assert corpus
    for entry in corpus:
        STORED[name].read(entry["document"])


@pytest.mark.parametrize("name", STORED)
def test_the_newest_shape_is_what_is_written_now(name: str) -> None:
    newest = written(name)[-1]
    assert shape_of(STORED[name].of) == newest["shape"], (
        f"what {name} stores has changed: add {name}.{len(written(name)) + 1}.json with the new shape and a "
        "document of it, leave the earlier files, and read them too"
    )
    document = newest["document"]
    assert to_jsonable_python(STORED[name].read(document)) == document


def test_no_file_of_the_corpus_is_left_out() -> None:
    assert {file.name.rsplit(".", 2)[0] for file in CORPUS.glob("*.json")} == set(STORED)


@pytest.mark.parametrize("service", ["bookings", "integrations", "opportunities", "outcomes", "safeguarding"])
async def test_every_json_column_is_in_the_corpus_or_said_to_need_none(
    service: str, service_database: ServiceDatabases
) -> None:
    database = await service_database(service)
    connection = await asyncpg.connect(database.owner_url, timeout=60)
    try:
        columns = [f"{row['table']}.{row['column']}" for row in await connection.fetch(_COLUMNS)]
    finally:
        await connection.close()
    known = STORED.keys() | ELSEWHERE.keys()
    assert columns
    assert [each for each in columns if not {f"{service}.{each}", f"kit.{each}"} & known] == []


def test_planted_a_new_required_member_is_seen_and_cannot_read_what_was_written() -> None:
    wider = make_dataclass("Case", [("insured", bool)], bases=(Case,), kw_only=True, frozen=True, slots=True)
    entry = written("safeguarding.clearances.inputs")[-1]

    assert shape_of(wider) != entry["shape"]
    with pytest.raises(ValidationError, match="insured"):
        TypeAdapter(wider).validate_python(entry["document"])
