"""Paging by keyset: an opaque signed cursor and Link headers, never an offset."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import Field

from shared.http.bodies import ResponseBody
from shared.kernel import Refusal

Item = TypeVar("Item")

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items on a page")]
Cursor = Annotated[
    str | None,
    Query(max_length=2_000, description="Where the last page ended, from its `next_cursor` or Link header"),
]


class CursorInvalid(Refusal):
    """The cursor was not given by this operation with these filters."""

    slug = "cursor-invalid"
    title = "The cursor does not belong to this list and its filters"


class Page(ResponseBody, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next_cursor: str | None = Field(default=None, description="Give it as `cursor` for the next page")


class Pager:
    """Signs and reads cursors; a cursor holds for one path and one set of filters."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def read(self, request: Request, cursor: str | None) -> list[Any] | None:
        """The sort key the last page ended with. Raises `CursorInvalid`."""
        if cursor is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            signature, body = raw[:16], raw[16:]
            if not hmac.compare_digest(signature, self._sign(request, body)):
                raise CursorInvalid(field="query.cursor")
            key = json.loads(body)
        except ValueError:
            raise CursorInvalid(field="query.cursor") from None
        if not isinstance(key, list):
            raise CursorInvalid(field="query.cursor")
        return key

    def page(
        self,
        request: Request,
        response: Response,
        rows: Sequence[Any],
        limit: int,
        key_of: Callable[[Any], Sequence[Any]],
    ) -> tuple[Sequence[Any], str | None]:
        """Cut `limit + 1` rows to a page; sets the Link header and gives the next cursor."""
        if len(rows) <= limit:
            return rows, None
        shown = rows[:limit]
        body = json.dumps([str(part) for part in key_of(shown[-1])], ensure_ascii=False).encode()
        cursor = base64.urlsafe_b64encode(self._sign(request, body) + body).rstrip(b"=").decode()
        query = urlencode([*self._filters(request), ("cursor", cursor)])
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
        return shown, cursor

    def _sign(self, request: Request, body: bytes) -> bytes:
        filters = [pair for pair in self._filters(request) if pair[0] != "limit"]
        scope = f"{request.url.path}?{urlencode(sorted(filters))}".encode()
        return hmac.digest(self._secret, hashlib.sha256(scope).digest() + body, "sha256")[:16]

    @staticmethod
    def _filters(request: Request) -> list[tuple[str, str]]:
        return [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]


async def _pager(request: Request) -> Pager:
    pager: Pager = request.app.state.runtime.pager
    return pager


async def _before(request: Request, cursor: Cursor = None) -> UUID | None:
    key = request.app.state.runtime.pager.read(request, cursor)
    if key is None:
        return None
    try:
        return UUID(key[0])
    except (IndexError, ValueError):
        raise CursorInvalid(field="query.cursor") from None


Paging = Annotated[Pager, Depends(_pager)]
Before = Annotated[UUID | None, Depends(_before)]  # the id a list by id ended with on the page before
