"""The services' OpenAPI documents: everything a client must know of each operation is in them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.contracts.test_contracts import publisher

API = Path(__file__).parents[2] / "deploy" / "api"
SERVICES = ("bookings", "integrations", "opportunities", "outcomes", "safeguarding")
EACH = pytest.mark.parametrize("service", SERVICES)
PROBLEM = {"$ref": "#/components/schemas/Problem"}
Schema = dict[str, Any]


def document(service: str) -> Schema:
    read: Schema = json.loads((API / "openapi" / f"{service}.json").read_text())
    return read


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


@EACH
@pytest.mark.engine
def test_the_document_is_what_the_service_says_of_itself(service: str) -> None:
    assert publisher().openapi(service) == (API / "openapi" / f"{service}.json").read_text(), (
        "run: python deploy/api/publish.py"
    )


def incomplete(path: str, method: str, operation: Schema) -> list[str]:
    """What an operation does not tell."""
    responses = operation["responses"]
    good = [status for status in responses if status.startswith("2")]
    checks = {
        "an operation id in camel case": re.fullmatch(
            r"[a-z]+([A-Z][a-z]*)+", operation.get("operationId", "")
        ),
        "a summary": operation.get("summary"),
        "a description of one sentence or more": operation.get("description", "").rstrip().endswith("."),
        "a tag": operation.get("tags"),
        "a scope, or that it is public": all(any(each.values()) for each in operation.get("security", [{}])),
        "one way to succeed": len(good) == 1,
        "what it answers": good == ["204"] or all(_has_schema(responses[status]) for status in good),
        "its problems": path.startswith("/health/") or {"500", "503"} <= responses.keys(),
        "its refusal of strangers": not operation.get("security") or {"401", "403"} <= responses.keys(),
        "its problems as problems": path.startswith("/health/")
        or all(
            response["content"] == {"application/problem+json": {"schema": PROBLEM}}
            for status, response in responses.items()
            if not status.startswith("2")
        ),
        "its problems in words": all(response.get("description") for response in responses.values()),
        "an Idempotency-Key for its change": method == "get" or _has_key(operation),
        "that what it names may not be there": "{" not in path or "404" in responses,
    }
    return [words for words, holds in checks.items() if not holds]


def _has_schema(response: Schema) -> bool:
    return all(content.get("schema") for content in response.get("content", {"": {}}).values())


def _has_key(operation: Schema) -> bool:
    return any(each["name"] == "Idempotency-Key" and each["required"] for each in operation["parameters"])


@EACH
def test_each_operation_tells_all_that_a_client_needs(service: str) -> None:
    told = {
        f"{method} {path}": found
        for path, method, operation in operations(document(service))
        if (found := incomplete(path, method, operation))
    }

    assert told == {}


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        ({"operationId": "request_booking"}, "an operation id in camel case"),
        ({"description": ""}, "a description of one sentence or more"),
        ({"tags": []}, "a tag"),
        ({"security": [{"oidc": []}]}, "a scope, or that it is public"),
        ({"parameters": []}, "an Idempotency-Key for its change"),
        ({"responses": {"201": {"description": "x"}}}, "its problems"),
    ],
)
def test_planted_an_operation_that_tells_less_is_seen(plant: Schema, words: str) -> None:
    operation = document("bookings")["paths"]["/v1/bookings"]["post"]
    assert incomplete("/v1/bookings", "post", operation) == []

    assert words in incomplete("/v1/bookings", "post", operation | plant)


def resolved(schema: Schema, components: Schema) -> Schema:
    if "$ref" in schema:
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        part: Schema = components[schema["$ref"].rpartition("/")[2]]
        return part | beside
    return schema


def leaves(schema: Schema, components: Schema, at: str = "") -> Iterator[tuple[str, Schema]]:
    """Every value a schema takes, at every depth, by its path."""
    schema = resolved(schema, components)
    for alternative in [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
        yield from leaves(alternative, components, at)
    if schema.get("type") == "array":
        yield at, schema
        yield from leaves(schema.get("items", {}), components, f"{at}[]")
    for name, member in schema.get("properties", {}).items():
        yield from leaves(member, components, f"{at}.{name}")
    if isinstance(schema.get("additionalProperties"), dict):
        yield at, schema
        yield from leaves(schema["additionalProperties"], components, f"{at}.*")
    if schema.get("type") in ("string", "integer", "number"):
        yield at, schema


def is_bounded(schema: Schema) -> bool:
    if schema.keys() & {"enum", "const"}:
        return True
    if schema.get("type") == "string":
        return bool(schema.keys() & {"maxLength"}) or schema.get("format") in {
            "uuid", "date", "date-time", "time",
        }  # fmt: skip
    if schema.get("type") == "array":
        return "maxItems" in schema
    if schema.get("type") == "object":
        return "maxProperties" in schema
    return bool(schema.keys() & {"minimum", "exclusiveMinimum"}) and bool(
        schema.keys() & {"maximum", "exclusiveMaximum"}
    )


def unbounded(operation: Schema, components: Schema) -> list[str]:
    """What a caller may send without an end to it."""
    taken = [(each["name"], each["schema"]) for each in operation.get("parameters", [])]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        if "json" in kind:
            taken.append(("body", content["schema"]))
    return sorted(
        {
            path
            for name, schema in taken
            for path, leaf in leaves(schema, components, name)
            if not is_bounded(leaf)
        }
    )


@EACH
def test_everything_a_caller_may_send_is_bounded(service: str) -> None:
    whole = document(service)
    components = whole["components"]["schemas"]
    told = {
        f"{method} {path}": found
        for path, method, operation in operations(whole)
        if (found := unbounded(operation, components))
    }

    assert told == {}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "integer", "minimum": 1},
        {"type": "array", "items": {"enum": ["a"]}},
        {"anyOf": [{"type": "null"}, {"type": "number"}]},
        {"type": "object", "properties": {"inner": {"type": "string", "pattern": "^x+$"}}},
        {"type": "object", "additionalProperties": {"enum": ["a"]}},
    ],
)
def test_planted_a_body_without_an_end_is_seen(schema: Schema) -> None:
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}}

    assert len(unbounded(operation, {})) == 1


def open_bodies(operation: Schema, components: Schema) -> list[str]:
    """Parts of a request body that take members nobody declared."""

    def walk(schema: Schema, at: str) -> Iterator[str]:
        schema = resolved(schema, components)
        if "properties" in schema:
            if schema.get("additionalProperties") is not False:
                yield at
            for name, member in schema["properties"].items():
                yield from walk(member, f"{at}.{name}")
        for part in [schema.get("items"), *schema.get("anyOf", [])]:
            if isinstance(part, dict):
                yield from walk(part, at)

    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return list(walk(body["schema"], "body")) if body else []


@EACH
def test_no_body_takes_members_nobody_declared(service: str) -> None:
    whole = document(service)
    told = {
        f"{method} {path}": found
        for path, method, operation in operations(whole)
        if (found := open_bodies(operation, whole["components"]["schemas"]))
    }

    assert told == {}


EXPLAINED = {"description", "enum", "const", "examples", "default", "$ref"}
# A name and its kind say what these are.
PLAIN = {"id", "version", "status", "items"}


def unexplained(operation: Schema, components: Schema) -> list[str]:
    """Members of a request body of which neither words, examples nor values tell what they are."""

    def tells(schema: Schema) -> bool:
        whole = resolved(schema, components)
        parts = [*schema.get("anyOf", []), schema.get("items", {}), whole.get("items", {})]
        return bool(whole.keys() & EXPLAINED) or any(
            part.keys() & EXPLAINED or part.get("format") for part in [whole, *parts]
        )

    def walk(schema: Schema, at: str) -> Iterator[str]:
        schema = resolved(schema, components)
        for name, member in schema.get("properties", {}).items():
            if name not in PLAIN and not tells(member):
                yield f"{at}.{name}"
            yield from walk(member, f"{at}.{name}")
        for part in [schema.get("items"), *schema.get("anyOf", [])]:
            if isinstance(part, dict):
                yield from walk(part, at)

    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return list(walk(body["schema"], "body")) if body else []


@EACH
def test_every_member_of_a_body_says_what_it_is(service: str) -> None:
    whole = document(service)
    told = {
        f"{method} {path}": found
        for path, method, operation in operations(whole)
        if (found := unexplained(operation, whole["components"]["schemas"]))
    }

    assert told == {}


@EACH
def test_examples_keep_their_own_schema(service: str) -> None:
    whole = document(service)

    def check(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if isinstance(node.get("examples"), list) and "type" in node:
                validator = Draft202012Validator(node | {"components": whole["components"]})
                yield from (str(e) for e in node["examples"] if not validator.is_valid(e))
            for value in node.values():
                yield from check(value)
        elif isinstance(node, list):
            for value in node:
                yield from check(value)

    assert list(check(whole)) == []


def test_no_two_services_share_an_address_or_an_operation() -> None:
    addresses: dict[str, str] = {}
    names: dict[str, str] = {}
    clashes = []
    for service in SERVICES:
        for path, method, operation in operations(document(service)):
            if path.startswith("/health/"):
                continue
            address = f"{method} {re.sub(r'{[^}]+}', '{}', path)}"
            clashes += [address] if addresses.setdefault(address, service) != service else []
            name = operation["operationId"]
            clashes += [name] if names.setdefault(name, service) != service else []

    assert clashes == []


@EACH
def test_every_address_is_versioned(service: str) -> None:
    paths = [path for path in document(service)["paths"] if not path.startswith("/health/")]

    assert paths
    assert all(path.startswith("/v1/") for path in paths)


@EACH
def test_every_list_is_paged_by_cursor_and_limit(service: str) -> None:
    whole = document(service)
    for path, method, operation in operations(whole):
        answer = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        members = resolved(answer.get("schema", {}), whole["components"]["schemas"]).get("properties", {})
        if method == "get" and "items" in members and "next_cursor" in members:
            names = {each["name"] for each in operation["parameters"]}
            assert {"cursor", "limit"} <= names, path
        assert answer.get("schema", {}).get("type") != "array", path
