"""Schemathesis' hooks: every request that is meant to be accepted is a request of its own."""

import os
from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode

RECEIVER = os.environ["WEX_ATTACK_RECEIVER"]


@schemathesis.hook  # type: ignore[untyped-decorator,unused-ignore]
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """A fresh Idempotency-Key, and no address but our own receiver's."""
    headers = case.headers
    if headers and "Idempotency-Key" in headers and not _is_negative(case, ParameterLocation.HEADER):
        headers["Idempotency-Key"] = str(uuid4())
    if isinstance(case.body, dict) and isinstance(case.body.get("url"), str):
        # Whatever is generated, nothing is sent beyond this machine.
        case.body["url"] = RECEIVER


def _is_negative(case: Any, where: Any) -> bool:
    part = case.meta.components.get(where) if case.meta else None
    return part is not None and part.mode == GenerationMode.NEGATIVE
