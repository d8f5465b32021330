"""The published language: complete, impersonal, described, and as its files say it is."""

import json
import re
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import create_model

from shared.contracts.contract import Contract, contract, service_of
from shared.contracts.envelope import from_message, to_headers
from shared.contracts.registry import published
from shared.contracts.schemas import inlined, schema_of
from shared.messaging.topics import load_topics

API = Path(__file__).parents[2] / "deploy" / "api"
CONTRACTS = published()
EACH = pytest.mark.parametrize("name", CONTRACTS)


def publisher() -> ModuleType:
    """The command that writes the files."""
    spec = spec_from_file_location("publish", API / "publish.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sample(name: str) -> Any:
    return json.loads((API / "samples" / f"{name}.json").read_text())


def members(schema: dict[str, Any], at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every member at every depth, by its path."""
    for name, member in schema.get("properties", {}).items():
        yield f"{at}{name}", member
        yield from members(member, f"{at}{name}.")
    for part in [schema.get("items"), *schema.get("anyOf", [])]:
        if isinstance(part, dict):
            yield from members(part, at)


def test_every_schema_and_the_asyncapi_document_are_as_published() -> None:
    wanted = dict(publisher().contract_files())
    stale = [path.name for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    gone = set((API / "schemas").glob("*.json")) - wanted.keys()

    assert stale == [], "run: python deploy/api/publish.py"
    assert not gone


def test_every_topic_is_spoken_on_by_the_service_it_is_named_for_and_no_other_is() -> None:
    topics = {topic.name for topic in load_topics()}

    assert topics == {each.topic for each in CONTRACTS.values()}
    modules = {(each.__module__.rpartition(".")[2], service_of(each.topic)) for each in CONTRACTS.values()}
    assert all(module == service for module, service in modules)


@EACH
def test_a_contract_is_described_and_versioned(name: str) -> None:
    each = CONTRACTS[name]

    assert re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)*\.v[1-9]\d*", name)
    assert each.__doc__
    assert each.__doc__ not in {base.__doc__ for base in each.__bases__}
    assert each.__doc__.strip().endswith(".")


@EACH
def test_a_schema_is_valid_and_keyed_by_a_member_that_is_always_there(name: str) -> None:
    schema = schema_of(CONTRACTS[name])
    Draft202012Validator.check_schema(schema)

    assert schema["$id"] == f"/schemas/{name}.json"
    assert schema["x-wex-key"] in schema["required"]


PERSONAL = re.compile(
    r"(^|_)(name|given|family|surname|forename|birth|dob|born|age|email|mail|phone|mobile|telephone|contact"
    r"|address|street|postcode|upn|uln|nhs|sex|gender|ethnicity|religion|send|ehcp|medical|health|allerg\w*"
    r"|note|notes|description|comment|comments|text|message|reason|detail|details|title|photo|picture"
    r"|ip|latitude|longitude)(_|$)"
)
# `of_compulsory_school_age` is the derived fact that travels so that no birth date does.
IMPERSONAL = {"of_compulsory_school_age"}


def told(**more: Any) -> type[Contract]:
    """A contract that nobody published, with these members beside its key."""
    fields: Any = {"thing_id": (UUID, ...)} | {name: (kind, ...) for name, kind in more.items()}
    model = create_model("Told", __base__=Contract, __doc__="Told.", **fields)
    model.type, model.topic, model.key_field = "thing.told.v1", "things", "thing_id"
    return model


def personal_members(model: type[Contract]) -> list[str]:
    names = [path for path, _ in members(inlined(schema_of(model)))]
    return [
        path for path in names if PERSONAL.search(last := path.rpartition(".")[2]) and last not in IMPERSONAL
    ]


@EACH
def test_no_member_could_hold_anything_personal(name: str) -> None:
    allowed = {"reason_code", "reason_codes"}

    found = [path for path in personal_members(CONTRACTS[name]) if path.rpartition(".")[2] not in allowed]
    assert found == []


@pytest.mark.parametrize(
    "member",
    ["name", "given_name", "birth_date", "email", "home_postcode", "upn", "note", "free_text", "age"],
)
def test_planted_a_personal_member_is_seen(member: str) -> None:
    assert personal_members(told(**{member: str})) == [member]


# What is text of no bound: codes of published vocabularies, versions of rule packs, and the sealed row.
FREE_TEXT = {
    "area_code", "local_authority_code", "sector", "objective_codes", "framework", "version", "rule_pack",
    "sealed",
}  # fmt: skip


def unbounded(model: type[Contract]) -> set[str]:
    """Members of text that neither an enumeration, a format nor a pattern bounds."""
    found = set()
    for path, member in members(inlined(schema_of(model))):
        for each in [member, member.get("items", {}), *member.get("anyOf", [])]:
            if each.get("type") == "string" and not each.keys() & {"enum", "const", "format", "pattern"}:
                found.add(path.rpartition(".")[2])
    return found


@EACH
def test_text_is_an_identifier_a_date_or_a_code(name: str) -> None:
    assert unbounded(CONTRACTS[name]) <= FREE_TEXT


def test_planted_a_member_of_free_text_is_seen() -> None:
    assert "words" in unbounded(told(words=str | None))


@EACH
def test_the_sample_holds_under_the_schema_and_is_read_and_written_as_it_is(name: str) -> None:
    whole = sample(name)
    validator = Draft202012Validator(schema_of(CONTRACTS[name]), format_checker=FormatChecker())
    assert list(validator.iter_errors(whole["data"])) == []

    headers = [(header, value.encode()) for header, value in whole["headers"].items()]
    event = from_message(headers, json.dumps(whole["data"]).encode(), CONTRACTS)

    assert json.loads(event.data.model_dump_json()) == whole["data"]
    assert to_headers(event) == whole["headers"]


def test_there_is_a_sample_of_every_type_and_of_no_other() -> None:
    assert {path.stem for path in (API / "samples").glob("*.json")} == set(CONTRACTS)


@EACH
def test_a_sample_with_a_member_missing_is_refused_on_both_sides(name: str) -> None:
    whole = sample(name)
    schema = schema_of(CONTRACTS[name])
    for member in schema["required"]:
        data = {key: value for key, value in whole["data"].items() if key != member}
        assert not Draft202012Validator(schema).is_valid(data)
        with pytest.raises(ValueError, match=member):
            CONTRACTS[name].model_validate(data)


def test_the_document_leads_from_operation_to_channel_to_message_to_schema() -> None:
    document = json.loads((API / "asyncapi.json").read_text())

    def follow(reference: str) -> Any:
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return found

    assert document["asyncapi"] == "3.0.0"
    said: set[str] = set()
    for operation in document["operations"].values():
        channel = follow(operation["channel"]["$ref"])
        assert channel["bindings"]["kafka"]["partitions"] >= 1
        for each in operation["messages"]:
            message = follow(follow(each["$ref"])["$ref"])
            schema = inlined(schema_of(CONTRACTS[message["name"]]))
            assert message["payload"]["properties"] == schema["properties"]
            assert message["headers"]["properties"]["ce_type"]["const"] == message["name"]
            assert Draft202012Validator(message["headers"]).is_valid(message["examples"][0]["headers"])
            said.add(message["name"])
    assert said == set(CONTRACTS)


def test_a_type_is_published_once_and_keyed_by_a_member_of_its_own() -> None:
    class Told(Contract):
        """Told."""

    with pytest.raises(ValueError, match="twice"):
        contract("booking.requested.v1", topic="t", key="x")(Told)
    with pytest.raises(ValueError, match="no member"):
        contract("thing.told.v1", topic="t", key="x")(Told)
    assert set(published()) == set(CONTRACTS)
