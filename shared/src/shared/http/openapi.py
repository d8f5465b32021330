"""Completes the OpenAPI document: common problems on every operation, header details, problem pages."""

from typing import Any

from fastapi import FastAPI

from shared.http.commands import NEEDED
from shared.http.problems import MEDIA_TYPE, Problem

_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_COMMON = {
    "400": "`malformed-request`, `idempotency-key-missing`, `cursor-invalid`: the request cannot be read",
    "401": "`not-authenticated`: a valid access token is needed",
    "403": "`scope-missing`, `forbidden`: the caller may not do this",
    "404": "`not-found`: it is not there, or not the caller's to know of",
    "408": "`request-too-slow`: the body did not arrive in time",
    "409": "`request-in-flight`, `concurrent-change`, `conflict`: the present state does not allow this",
    "412": "`version-does-not-match`: it has changed since it was read",
    "413": "`body-too-large`: the body is larger than this operation takes",
    "414": "`query-too-long`: the query string is longer than this service takes",
    "415": "`unsupported-media-type`: this operation takes another media type",
    "422": "`invalid-request`, `unknown-parameter`, `idempotency-key-reused`, `invalid`: against a rule",
    "500": "`internal-fault`: the service failed to answer",
    "503": "`temporarily-unavailable`, `outcome-unknown`: try again, with the same Idempotency-Key",
}


def complete(app: FastAPI) -> None:
    """Make the app's document whole once, when it is first asked for."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = make()
            document["servers"] = [{"url": "/"}]
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = _inlined(Problem.model_json_schema())
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            for path, operations in document["paths"].items():
                for method, operation in operations.items():
                    _complete_operation(path, method, operation)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _complete_operation(path: str, method: str, operation: dict[str, Any]) -> None:
    public = operation.pop("x-wex-public", False)
    responses = operation["responses"]
    responses.pop("422", None) if _is_default_422(responses.get("422")) else None
    for status in _statuses(path, method, operation, public=public):
        described = responses.setdefault(status, {"description": "", "content": dict(_PROBLEM)})
        own = described["description"]
        described["description"] = f"{own}; {_COMMON[status]}" if own else _COMMON[status]
    for response in responses.values():
        if MEDIA_TYPE in response.get("content", {}):
            response["content"].pop("application/json", None)
    if public:
        operation["security"] = []
    for parameter in operation.get("parameters", []):
        parameter["required"] |= parameter["schema"].pop(NEEDED, False)
    for status in ("200", "201", "202"):
        if status in responses:
            responses[status].setdefault("headers", {}).update(_headers(method, status))


def _statuses(path: str, method: str, operation: dict[str, Any], *, public: bool) -> list[str]:
    parameters = operation.get("parameters", [])
    statuses = ["422", "500", "503"] if not path.startswith("/health/") else ["422"]
    if not public:
        statuses += ["401", "403"]
    if "{" in path:
        statuses += ["400", "404"]
    if any(each["in"] == "query" for each in parameters):
        statuses += ["400", "414"]
    if "requestBody" in operation:
        statuses += ["408", "415"]
    if method != "get":
        statuses += ["400", "409", "413"]
    if any(each["name"] == "If-Match" for each in parameters):
        statuses += ["412"]
    return sorted(set(statuses))


def _is_default_422(response: dict[str, Any] | None) -> bool:
    return response is not None and response.get("description") == "Validation Error"


def _headers(method: str, status: str) -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    headers: dict[str, Any] = {}
    if method != "get":
        headers["Idempotency-Replayed"] = {"description": "`true` when answered from memory", **text}
    if status == "201":
        headers["Location"] = {"description": "Where the new thing is", **text}
    return headers


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    parts = schema.pop("$defs", {})
    items = schema["properties"]["errors"]["anyOf"][0]["items"]
    items.clear()
    items.update(parts["FieldProblem"])
    return schema
