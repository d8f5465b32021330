"""Services that do nothing but start, be ready and stop: what the supervisor's tests supervise."""

from pathlib import Path

_MAIN = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

if sys.argv[1] == "migrate":
    print("migrated", flush=True)
    sys.exit(int(os.environ.get("STAND_IN_MIGRATE", "0")))

class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        print("asked", flush=True)

HTTPServer(("127.0.0.1", int(os.environ["WEX_HTTP_PORT"])), Ready).serve_forever()
"""


def write_stand_ins(folder: Path, *services: str) -> Path:
    """Packages that answer to `python -m <service>`; the folder goes first on PYTHONPATH."""
    for service in services:
        (folder / service).mkdir(parents=True)
        (folder / service / "__init__.py").touch()
        (folder / service / "__main__.py").write_text(_MAIN)
    return folder
