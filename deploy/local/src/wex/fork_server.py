"""`python -m wex.fork_server`: imports what every service imports once, then forks a process per request.

Ten processes that each import the same libraries take 13 s on two cores; forked they take a few.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import socket
import sys
from typing import Any

from wex import kernel, records

# Everything that a service's process imports before it can serve.
_SHARED_IMPORTS = (
    "shared.process",
    "sqlmodel.ext.asyncio.session",
    "aiokafka.admin",
    "uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.lifespan.on",
    "psutil",
)


class ForkServer:
    """Reads start requests from the supervisor's socket, forks, and reports which process ended and how."""

    def __init__(self, supervisor: socket.socket) -> None:
        self._supervisor = supervisor
        self._unread = b""

    def serve(self) -> dict[str, Any]:
        """Serve until the supervisor closes the socket; in each child, return the request it is for."""
        self._report({"ready": True})
        while True:
            readable, _, _ = select.select([self._supervisor], [], [], 0.03)
            if readable:
                received = self._supervisor.recv(1 << 20)
                if not received:
                    sys.exit(0)
                *lines, self._unread = (self._unread + received).split(b"\n")
                for line in lines:
                    request: dict[str, Any] = json.loads(line)
                    if self._fork(request["stop_signal"]):
                        self._supervisor.close()
                        return request
            self._report_ended()

    def _fork(self, stop_signal: int) -> bool:
        ask_kernel = kernel.end_with_parent(stop_signal)
        child = os.fork()
        if child == 0:
            if ask_kernel:
                ask_kernel()
            return True
        self._report({"started": child, "began": records.began(child)})
        return False

    def _report_ended(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._report({"ended": ended[0], "code": os.waitstatus_to_exitcode(ended[1])})

    def _report(self, event: dict[str, Any]) -> None:
        self._supervisor.sendall(json.dumps(event).encode() + b"\n")


def become(request: dict[str, Any]) -> None:
    """Make this fork a process of its own: session, output, folder, environment and arguments."""
    os.setsid()
    kernel.name_process(request["name"])
    with open(request["log"], "ab", buffering=0) as log:  # noqa: PTH123 - descriptors are what is wanted
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = request["module"]


def main() -> None:
    """Import, wait for requests, and in each child run the module that was asked for."""
    supervisor = socket.socket(fileno=int(sys.argv[1]))
    for name in _SHARED_IMPORTS:
        importlib.import_module(name)
    gc.freeze()
    request = ForkServer(supervisor).serve()
    become(request)
    runpy.run_module(request["module"][0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
