"""Query parameters: one that the operation does not have is refused, not passed over.

A filter spelt wrong would otherwise find everything, and nobody would know.
"""

import re
from urllib.parse import parse_qsl

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.kernel import Invalid

_HARMLESS = re.compile(r"[a-z][a-zA-Z_]{0,23}")  # a word of a program: no number, no name


class UnknownParameter(Invalid):
    """The operation has no query parameter of this name."""

    slug = "unknown-parameter"
    title = "This operation does not have such a query parameter"


def refuse_unknown_parameters(app: FastAPI) -> None:
    """Have every operation of the app refuse query parameters that it does not declare."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            route.app = _KnownParameters(route.app, _names(route.dependant))


class _KnownParameters:
    """Lets a request pass whose query names only what the operation knows. Raises `UnknownParameter`."""

    def __init__(self, app: ASGIApp, known: frozenset[str]) -> None:
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if query := scope["query_string"]:
            self._look_at(query.decode("latin-1"))
        await self._app(scope, receive, send)

    def _look_at(self, query: str) -> None:
        for name, _ in parse_qsl(query, keep_blank_values=True):
            if name not in self._known:
                known = f"it has {', '.join(sorted(self._known))}" if self._known else "it has none"
                said = name if _HARMLESS.fullmatch(name) else ""
                raise UnknownParameter(
                    f"This operation does not have the query parameter {said or 'named'}: {known}.",
                    field=f"query.{said}".rstrip("."),
                )


def _names(dependant: Dependant) -> frozenset[str]:
    """The query parameters an operation declares, itself or by what it depends on."""
    names = {name for each in dependant.dependencies for name in _names(each)}
    for parameter in dependant.query_params:
        model = parameter.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            names |= {member.alias or name for name, member in model.model_fields.items()}
        else:
            names.add(parameter.alias)
    return frozenset(names)
