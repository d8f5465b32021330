"""Problems (RFC 9457): every refusal and fault as `application/problem+json`, never echoing input."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from shared.bus.command_bus import OutcomeUnknown
from shared.kernel import Conflict, Forbidden, Invalid, NotFound, Refusal, StaleVersion
from shared.persistence.database import is_transient
from shared.security.tokens import IssuerAway, Unauthenticated
from shared.telemetry.logs import logger

MEDIA_TYPE = "application/problem+json"
log = logger(__name__)

_STATUS: list[tuple[type[Refusal], int]] = [
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (StaleVersion, 412),
    (Invalid, 422),
    (IssuerAway, 503),
    (Refusal, 400),
]
HTTP_SLUGS = {
    400: ("malformed-request", "The request cannot be read"),
    404: ("no-such-resource", "There is nothing at this address"),
    405: ("method-not-allowed", "This address does not take this method"),
    408: ("request-too-slow", "The request did not arrive in time"),
    411: ("length-required", "The request must say its length"),
    413: ("body-too-large", "The request's body is larger than this operation takes"),
    415: ("unsupported-media-type", "This operation does not take this media type"),
    431: ("head-too-large", "The request's address and headers are larger than this service takes"),
    503: ("temporarily-unavailable", "The service cannot answer right now; try again"),
}
# Our own descriptions: a validation library's message may repeat what was sent.
_WORDS = {
    "missing": "is required",
    "extra_forbidden": "has a member this operation does not know",
    "null_character": "holds a null character, which no text may",
    "json_invalid": "is not valid JSON",
    "string_too_short": "is too short",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "does not have the form this member takes",
    "too_short": "has too few items",
    "too_long": "has too many items",
    "greater_than": "is too small",
    "greater_than_equal": "is too small",
    "less_than": "is too large",
    "less_than_equal": "is too large",
    "literal_error": "is not one of the values this member takes",
    "enum": "is not one of the values this member takes",
}


class FieldProblem(BaseModel):
    """One member of the request at fault."""

    field: str = Field(description="Where: `body.learner_ids.3`, `query.limit`, `header.Idempotency-Key`")
    code: str = Field(description="What kind of fault", examples=["missing"])
    detail: str = Field(description="The fault in words", examples=["is required"])


class Problem(BaseModel):
    """A problem (RFC 9457). `slug` names its kind for ever; further members tell the particulars."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="`/problems/` and the slug", examples=["/problems/no-places-left"])
    slug: str = Field(examples=["no-places-left"])
    title: str = Field(description="The kind of problem, in words")
    status: int = Field(description="The HTTP status", examples=[409])
    detail: str = Field(description="This problem, in words; it never repeats what was sent")
    field: str | None = Field(default=None, description="The member of the request at fault")
    errors: list[FieldProblem] | None = Field(default=None, description="All members at fault")


def status_of(refusal: type[Refusal]) -> int:
    """The HTTP status of a kind of refusal."""
    return next(status for kind, status in _STATUS if issubclass(refusal, kind))


def problem(
    status: int,
    slug: str,
    title: str,
    detail: str = "",
    *,
    headers: dict[str, str] | None = None,
    **facts: object,
) -> JSONResponse:
    """A problem as a response; members that are None are left out."""
    content = {"type": f"/problems/{slug}", "slug": slug, "title": title, "status": status}
    content |= {"detail": detail or title}
    body = Problem.model_validate(content | {k: v for k, v in facts.items() if v is not None})
    return JSONResponse(
        body.model_dump(mode="json", exclude_none=True), status, headers, media_type=MEDIA_TYPE
    )


def documented(*refusals: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI `responses` of the problems an operation may answer with, beside the common ones."""
    by_status: dict[int, list[type[Refusal]]] = {}
    for refusal in refusals:
        by_status.setdefault(status_of(refusal), []).append(refusal)
    return {
        status: {
            "model": Problem,
            "description": "; ".join(f"`{kind.slug}`: {kind.title}" for kind in kinds),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, kinds in sorted(by_status.items())
    }


def handle_problems(app: FastAPI) -> None:
    """Answer every refusal and fault of the app as a problem."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(OutcomeUnknown, _on_unknown_outcome)
    app.add_exception_handler(Exception, _on_fault)


async def _on_refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 - Starlette's handlers are typed for any exception
    status = status_of(type(error))
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = "5"
    return problem(
        status, error.slug, error.title, error.detail, headers=headers, field=error.field, **error.facts
    )


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = [_fault(each) for each in error.errors()[:20]]
    if faults and faults[0].field == "body" and not _says_json(request):
        slug, title = HTTP_SLUGS[415]
        return problem(415, slug, title, "Send a JSON body, as application/json.")
    if any(fault.field == "header.Idempotency-Key" and fault.code == "missing" for fault in faults):
        return problem(
            400,
            "idempotency-key-missing",
            "Every change needs an Idempotency-Key header",
            field="header.Idempotency-Key",
        )
    return problem(
        422,
        "invalid-request",
        "The request does not have the form this operation takes",
        f"{faults[0].field} {faults[0].detail}" if faults else "",
        field=faults[0].field if faults else None,
        errors=[fault.model_dump() for fault in faults],
    )


def _fault(error: dict[str, Any]) -> FieldProblem:
    code = str(error["type"])
    location: Sequence[object] = error["loc"]
    if code == "json_invalid":
        location = location[:1]
    if code == "extra_forbidden":
        location = location[:-1]  # the name of an unknown member is text from the caller
    words = _WORDS.get(code, "is not valid")
    return FieldProblem(field=".".join(str(part)[:64] for part in location), code=code, detail=words)


def _says_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    slug, title = HTTP_SLUGS.get(error.status_code, ("request-refused", "The request was refused"))
    headers = dict(error.headers or {})
    if error.status_code == 408:
        headers["Connection"] = "close"
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
    return problem(error.status_code, slug, title, headers=headers)


def _allowed(request: Request) -> list[str]:
    """Every method the address takes: one route alone knows only its own."""
    methods: set[str] = set()
    for route in request.app.routes:
        match, _ = route.matches(request.scope)
        if match != Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return sorted(methods)


async def _on_unknown_outcome(_: Request, __: Exception) -> JSONResponse:
    return problem(
        503,
        "outcome-unknown",
        "The change may or may not have happened",
        "Send the same request again with the same Idempotency-Key to find out.",
        headers={"Retry-After": "1"},
    )


async def _on_fault(request: Request, error: Exception) -> JSONResponse:
    if is_transient(error):
        log.warning("database_unavailable", error=type(error).__name__)
        slug, title = HTTP_SLUGS[503]
        return problem(503, slug, title, headers={"Retry-After": "2"})
    log.error("request_failed", error=type(error).__name__, method=request.method)
    return problem(500, "internal-fault", "The service failed to answer; it has been recorded")
