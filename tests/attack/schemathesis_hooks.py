"""What Schemathesis is told in code: fresh keys, no address but our own, and a check of this house."""

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

RECEIVER = os.environ["WEX_ATTACK_RECEIVER"]
ANSWERED = Path(os.environ["WEX_ATTACK_ANSWERED"])
# Rules between members which the document tells in words alone; each is refused as a whole.
BETWEEN_MEMBERS = {
    "requestBooking": "either a cohort or learners",
    "giveFeedback": "either learners or all who were present",
    "giveEvidence": "each criterion once",
}

# A roster is never well formed here: the journey sends those that are.
schemathesis.openapi.media_type("application/zip", st.binary(max_size=2_000))


@schemathesis.hook  # type: ignore[untyped-decorator,unused-ignore]
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """A fresh Idempotency-Key where one is meant to be right, and no address but our own receiver's."""
    headers = case.headers
    if headers and headers.get("Idempotency-Key") and not _is_negative(case, ParameterLocation.HEADER):
        headers["Idempotency-Key"] = str(uuid4())
    if isinstance(case.body, dict) and isinstance(case.body.get("url"), str):
        # Whatever is generated, nothing is sent beyond this machine.
        case.body["url"] = RECEIVER


@schemathesis.hook  # type: ignore[untyped-decorator,unused-ignore]
def after_call(context: Any, case: Any, response: Any) -> None:
    """Keep which operation was answered with what: one that is never answered 2xx was hardly tested."""
    with ANSWERED.open("a") as kept:
        kept.write(f"{case.operation.definition.raw['operationId']} {response.status_code}\n")


@schemathesis.check  # type: ignore[untyped-decorator,unused-ignore]
def takes_what_it_documents(context: Any, response: Any, case: Any) -> None:
    """A request of the documented form is never refused for its form: a rule may refuse it, in its words.

    Schemathesis' own check looks at the status, and here rules answer 422 as faults of form do.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive or response.status_code != 422:
        return
    problem = response.json()
    if problem.get("slug") != "invalid-request":
        return
    name = case.operation.definition.raw.get("operationId")
    codes = {each["code"] for each in problem.get("errors", [])}
    if name in BETWEEN_MEMBERS and codes == {"value_error"}:
        return
    if codes == {"int_type"}:
        # JSON Schema takes 7.0 for an integer; this house reads numbers strictly.
        return
    raise Failure(
        operation=case.operation.label,
        title="A request of the documented form was refused for its form",
        message=str(problem.get("errors")),
    )


def _is_negative(case: Any, where: Any) -> bool:
    part = case.meta.components.get(where) if case.meta else None
    return part is not None and part.mode == GenerationMode.NEGATIVE
