"""JSON Schema (2020-12) of every contract, for whoever reads our events without our code."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from shared.contracts.contract import Contract

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TOPIC, KEY = "x-wex-topic", "x-wex-key"


class _Untitled(GenerateJsonSchema):
    """A member's own name says it: pydantic's title for each would say it twice."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def schema_of(contract: type[Contract]) -> dict[str, Any]:
    """The schema a message of this contract keeps; `ce_dataschema` names it by its `$id`.

    What has a default may be missing from older events, and readers take the default.
    """
    schema = contract.model_json_schema(schema_generator=_Untitled, mode="validation")
    return {
        "$schema": DIALECT,
        "$id": f"/schemas/{contract.type}.json",
        TOPIC: contract.topic,
        KEY: contract.key_field,
        **{name: schema[name] for name in ("title", "description", "type", "required") if name in schema},
        **{name: value for name, value in schema.items() if name not in ("title", "description", "type")},
    }


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without references and document members: to stand inside another document."""
    parts = schema.get("$defs", {})

    def inline(node: Any) -> Any:
        if isinstance(node, list):
            return [inline(each) for each in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            beside = {name: value for name, value in node.items() if name != "$ref"}
            return inline(parts[str(node["$ref"]).removeprefix("#/$defs/")] | beside)
        return {name: inline(value) for name, value in node.items()}

    kept = {name: value for name, value in schema.items() if name not in ("$schema", "$id", "$defs")}
    whole: dict[str, Any] = inline(kept)
    return whole
