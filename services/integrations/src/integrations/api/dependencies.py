"""What routes ask for."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from integrations.application.desk import Desk
from shared.http.paging import Cursor, CursorInvalid
from shared.runtime import Runtime

ZIP = "application/zip"


async def _runtime(request: Request) -> Runtime[Any]:
    runtime: Runtime[Any] = request.app.state.runtime
    return runtime


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.runtime.reads
    return desk


async def _before(request: Request, cursor: Cursor = None) -> UUID | None:
    key = request.app.state.runtime.pager.read(request, cursor)
    if key is None:
        return None
    try:
        return UUID(key[0])
    except (IndexError, ValueError):
        raise CursorInvalid(field="query.cursor") from None


async def _zip_body(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != ZIP:
        raise HTTPException(415)
    return await request.body()


FromRuntime = Annotated[Runtime[Any], Depends(_runtime)]
FromDesk = Annotated[Desk, Depends(_desk)]
Before = Annotated[UUID | None, Depends(_before)]
ZipBody = Annotated[bytes, Depends(_zip_body)]
