"""What the services publish of themselves, as attacks need it: operations, and a body each would take."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

from wex.folders import REPOSITORY
from wex.ports import SERVICES

Schema = dict[str, Any]
_STRINGS: dict[str, Callable[[], str]] = {
    "uuid": lambda: str(uuid4()),
    "date": lambda: "2027-03-03",
    "time": lambda: "09:30:00",
    "date-time": lambda: "2027-03-03T09:30:00Z",
    "binary": lambda: "",
}
# Members of which the schema needs none, but a rule needs one.
ALSO = {"giveFeedback": {"all_present": True}}


@dataclass(frozen=True)
class Operation:
    """One operation of a service."""

    service: str
    method: str
    path: str
    told: Schema = field(hash=False, compare=False)

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"

    @property
    def scopes(self) -> list[str]:
        """What a token must carry; nothing where the operation is public."""
        return [scope for way in self.told.get("security", []) for scopes in way.values() for scope in scopes]

    @property
    def parameters(self) -> list[Schema]:
        found: list[Schema] = self.told.get("parameters", [])
        return found

    @property
    def path_ids(self) -> list[str]:
        """Its path parameters that are ids."""
        return [
            each["name"]
            for each in self.parameters
            if each["in"] == "path" and each["schema"].get("format") == "uuid"
        ]

    def at(self, ids: dict[str, str]) -> str:
        """Its path with these parameters."""
        path = self.path
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", value)
        return path

    def query(self) -> dict[str, str]:
        """The query it cannot do without."""
        components = document(self.service)["components"]["schemas"]
        return {
            each["name"]: str(sample(each["schema"], components))
            for each in self.parameters
            if each["in"] == "query" and each["required"]
        }

    def body(self) -> Any:
        """A JSON body it takes; None where it takes none or other content."""
        content = self.told.get("requestBody", {}).get("content", {}).get("application/json")
        if not content:
            return None
        made = sample(content["schema"], document(self.service)["components"]["schemas"])
        return {**made, **ALSO.get(self.told["operationId"], {})}

    @property
    def content(self) -> bytes | None:
        """What it takes where that is no JSON: here never well formed."""
        content = self.told.get("requestBody", {}).get("content", {})
        return b"no archive" if "application/zip" in content else None


@cache
def document(service: str) -> Schema:
    """The OpenAPI document of a service as published."""
    read: Schema = json.loads((REPOSITORY / f"deploy/api/openapi/{service}.json").read_text())
    return read


def operations() -> Iterator[Operation]:
    """Every operation of every service but the health of processes."""
    for service in SERVICES:
        for path, methods in document(service)["paths"].items():
            if not path.startswith("/health/"):
                for method, told in methods.items():
                    yield Operation(service, method.upper(), path, told)


def scopes_of(service: str) -> set[str]:
    """Every scope the service knows."""
    return {scope for each in operations() if each.service == service for scope in each.scopes}


def sample(schema: Schema, components: Schema) -> Any:
    """A value the schema takes: its example where it has one, required members only."""
    if "$ref" in schema:
        return sample(components[schema["$ref"].rpartition("/")[2]], components)
    if schema.get("examples"):
        return schema["examples"][0]
    for alternatives in ("anyOf", "oneOf", "allOf"):
        if alternatives in schema:
            return sample(schema[alternatives][0], components)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    return _plain(schema, components)


def _plain(schema: Schema, components: Schema) -> Any:
    match schema.get("type"):
        case "object":
            needed = schema.get("required", [])
            return {n: sample(s, components) for n, s in schema.get("properties", {}).items() if n in needed}
        case "array":
            return [sample(schema["items"], components)]
        case "integer" | "number":
            return int(schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1))
        case "boolean":
            return True
        case "string":
            made = _STRINGS.get(schema.get("format", ""))
            return made() if made else "a" * max(schema.get("minLength", 1), 1)
    return None
