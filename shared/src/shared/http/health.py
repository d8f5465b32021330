"""Health and metrics: alive, ready, and the figures, for api and worker alike."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared.http.bodies import ResponseBody
from shared.security.access import public


class Health(ResponseBody):
    """How the process is."""

    status: str
    detail: str | None = None


def health_routes(alive: Callable[[], str | None], ready: Callable[[], Awaitable[str | None]]) -> APIRouter:
    """Routes that ask `alive` and `ready` what is wrong: None is well."""
    routes = APIRouter(tags=["health"])

    @routes.get(
        "/health/live",
        operation_id="isAlive",
        openapi_extra=public(),
        responses={503: {"model": Health, "description": "Replace this process"}},
    )
    async def live(response: Response) -> Health:
        """Whether the process goes round; if not it should be replaced."""
        return _answer(response, alive())

    @routes.get(
        "/health/ready",
        operation_id="isReady",
        openapi_extra=public(),
        responses={503: {"model": Health, "description": "Send no work here yet"}},
    )
    async def is_ready(response: Response) -> Health:
        """Whether the process can do its work now."""
        return _answer(response, await ready())

    @routes.get("/metrics", operation_id="getMetrics", include_in_schema=False, openapi_extra=public())
    async def metrics() -> Response:
        """The figures, in Prometheus' text format."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes


def _answer(response: Response, wrong: str | None) -> Health:
    if wrong is None:
        return Health(status="ok")
    response.status_code = 503
    return Health(status="unwell", detail=wrong)
