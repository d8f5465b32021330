"""`python -m wex.nurse`: imports what every service imports once, then forks one process per order.

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

import psutil

from wex import kernel

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


class Nurse:
    """Takes orders from the supervisor's socket, forks, and tells who has ended and how."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._unread = b""

    def work(self) -> dict[str, Any]:
        """Serve until the supervisor hangs up; returns in each child, with its order."""
        self._tell({"ready": True})
        while True:
            readable, _, _ = select.select([self._orders], [], [], 0.03)
            if readable:
                received = self._orders.recv(1 << 20)
                if not received:
                    sys.exit(0)
                *lines, self._unread = (self._unread + received).split(b"\n")
                for line in lines:
                    order: dict[str, Any] = json.loads(line)
                    if self._fork(order["stop_signal"]):
                        self._orders.close()
                        return order
            self._tell_ended()

    def _fork(self, stop_signal: int) -> bool:
        ask_kernel = kernel.end_with_parent(stop_signal)
        child = os.fork()
        if child == 0:
            if ask_kernel:
                ask_kernel()
            return True
        self._tell({"started": child, "created": psutil.Process(child).create_time()})
        return False

    def _tell_ended(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._tell({"ended": ended[0], "code": os.waitstatus_to_exitcode(ended[1])})

    def _tell(self, news: dict[str, Any]) -> None:
        self._orders.sendall(json.dumps(news).encode() + b"\n")


def become(order: dict[str, Any]) -> None:
    """Make this fork a process of its own: session, output, folder, environment and arguments."""
    os.setsid()
    kernel.name_process(order["name"])
    with open(order["log"], "ab", buffering=0) as log:  # noqa: PTH123 - descriptors are what is wanted
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = order["module"]


def main() -> None:
    """Import, wait for orders, and in each child run the module that was ordered."""
    orders = socket.socket(fileno=int(sys.argv[1]))
    for name in _SHARED_IMPORTS:
        importlib.import_module(name)
    gc.freeze()
    order = Nurse(orders).work()
    become(order)
    runpy.run_module(order["module"][0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
