"""`python -m wex.edge`: the development issuer and the trace receiver in one process."""

import asyncio
import os
from pathlib import Path

import uvicorn

from wex import issuer, traces


def server(app: object, port: int) -> uvicorn.Server:
    """One quiet HTTP server on the loopback address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)  # type: ignore[arg-type]
    return uvicorn.Server(config)


async def main() -> None:
    """Serve both until a signal ends one of them."""
    url = os.environ["WEX_ISSUER"]
    keys = issuer.load_issuer(url, Path(os.environ["WEX_ISSUER_FOLDER"]))
    servers = [
        server(issuer.create_app(keys), int(os.environ["WEX_HTTP_PORT"])),
        server(traces.create_app(Path(os.environ["WEX_TRACES_FOLDER"])), int(os.environ["WEX_TRACES_PORT"])),
    ]
    await asyncio.gather(*(one.serve() for one in servers))


if __name__ == "__main__":
    asyncio.run(main())
