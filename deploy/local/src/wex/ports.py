"""Which port each process listens on."""

import random
import socket
from collections.abc import Iterable

import psutil

SERVICES = ("opportunities", "bookings", "safeguarding", "outcomes", "integrations")

USUAL_PORTS = {
    "postgres": 54320,
    "kafka": 9092,
    "kafka-controller": 9093,
    "issuer": 8090,
    "traces": 4318,
    **{f"{service}-api": 8101 + number for number, service in enumerate(SERVICES)},
    **{f"{service}-worker": 8201 + number for number, service in enumerate(SERVICES)},
}

# Below the ranges Linux and macOS lend to outgoing connections, so that a
# restarted process finds its port still free.
_FIRST, _LAST = 15000, 31999


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens on the port: where its bind has failed another's server answers."""
    try:
        sockets = psutil.Process(pid).net_connections("tcp4")
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in sockets)


def free_port(taken: set[int] | None = None) -> int:
    """A port that nothing listens on and that is not among those already given out."""
    for _ in range(500):
        port = random.randint(_FIRST, _LAST)  # noqa: S311
        if port not in (taken or set()) and is_free(port):
            return port
    raise OSError("no free port found on 127.0.0.1")


def choose_ports(wanted: dict[str, int], names: Iterable[str] = USUAL_PORTS) -> dict[str, int]:
    """A free port for each name: the wanted one where there is one and it is free, else any other."""
    chosen: dict[str, int] = {}
    for name in names:
        port = wanted.get(name)
        chosen[name] = port if port and is_free(port) else free_port(set(chosen.values()))
    return chosen


def ports_of(process: str) -> tuple[str, ...]:
    """The names of the ports a process listens on: its own, but for those that have two."""
    if process == "edge":
        return ("issuer", "traces")
    return (process, f"{process}-controller") if process.startswith("kafka") else (process,)


def moved(ports: dict[str, int]) -> dict[str, int]:
    """Those of the chosen ports that are not the usual ones."""
    return {name: port for name, port in ports.items() if port != USUAL_PORTS.get(name)}
