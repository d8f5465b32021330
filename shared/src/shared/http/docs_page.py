"""The page at `/docs`: Swagger UI from a package, so that a browser needs no host but the service's."""

import hashlib
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources

from fastapi import FastAPI, HTTPException, Response

from shared.security.access import public

_ASSETS = "/docs/assets"
_TAKEN = {
    "favicon-32x32.png": "image/png",
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}
_START = b"""\
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  showExtensions: true,
  showCommonExtensions: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
});
"""
# Addresses are relative, so that the page also works below another path of an ingress.
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/png" href=".{icon}">
<link rel="stylesheet" href=".{style}">
</head>
<body>
<noscript>This page needs JavaScript. It shows <a href="./openapi.json">openapi.json</a>.</noscript>
<div id="swagger-ui"></div>
<script src=".{bundle}"></script>
<script src=".{start}"></script>
</body>
</html>
"""
# Swagger UI's style sheet holds its images as data; it needs neither inline scripts nor inline styles.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FOR_A_YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class _Asset:
    """A file of the page. Its address changes with its content, so that it may be kept for long."""

    name: str
    media_type: str
    content: bytes

    @property
    def address(self) -> str:
        stem, _, ending = self.name.rpartition(".")
        return f"{_ASSETS}/{stem}.{hashlib.sha256(self.content).hexdigest()[:16]}.{ending}"


def serve_docs(app: FastAPI) -> None:
    """Add `/docs` and its files, open to everyone and left out of the OpenAPI document."""

    def page() -> Response:
        policy = {"Content-Security-Policy": _POLICY}
        return Response(_page(app.title), media_type="text/html", headers=policy)

    def asset(name: str) -> Response:
        found = _assets().get(f"{_ASSETS}/{name}")
        if found is None:
            raise HTTPException(404)
        return Response(found.content, media_type=found.media_type, headers={"Cache-Control": _FOR_A_YEAR})

    for path, endpoint in (("/docs", page), (f"{_ASSETS}/{{name}}", asset)):
        app.add_api_route(
            path, endpoint, methods=["GET", "HEAD"], include_in_schema=False, openapi_extra=public()
        )


def _page(title: str) -> str:
    addresses = {asset.name: address for address, asset in _assets().items()}
    return _PAGE.format(
        title=escape(title),
        icon=addresses["favicon-32x32.png"],
        style=addresses["swagger-ui.css"],
        bundle=addresses["swagger-ui-bundle.js"],
        start=addresses["start.js"],
    )


@cache
def _assets() -> dict[str, _Asset]:
    """The page's files by their addresses, read when they are first asked for."""
    package = resources.files("fastapi_swagger.resources")
    taken = [_Asset(name, kind, package.joinpath(name).read_bytes()) for name, kind in _TAKEN.items()]
    return {asset.address: asset for asset in [*taken, _Asset("start.js", "text/javascript", _START)]}
