"""The health check of a server's container, against a real server."""

import importlib.util
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType

import pytest

from tests.deploy.composition import services
from wex.folders import REPOSITORY

SOURCE = REPOSITORY / "deploy/compose/health.py"


class Server(HTTPServer):
    """Answers `/health/live` and `/health/ready` as a test wishes."""

    live, ready = 200, 200


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.send_response(self.server.live if self.path == "/health/live" else self.server.ready)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as serving:
        thread = Thread(target=serving.serve_forever)
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


@pytest.fixture
def kills() -> list[str]:
    return []


@pytest.fixture
def health(server: Server, kills: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    specification = importlib.util.spec_from_file_location("health", SOURCE)
    assert specification
    assert specification.loader
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    monkeypatch.setattr(script, "ADDRESS", server.server_address)
    monkeypatch.setattr(script, "FAILURES", tmp_path / "not-alive")
    monkeypatch.setattr(script, "kill_server", lambda: kills.append("killed"))
    return script


def test_a_ready_server_is_healthy(health: ModuleType) -> None:
    assert health.main() == 0


def test_one_that_is_not_ready_is_unhealthy_and_left_alone(
    health: ModuleType, server: Server, kills: list[str]
) -> None:
    server.ready = 503
    assert [health.main() for _ in range(3 * health.MOST)] == [1] * 3 * health.MOST
    assert not kills


def test_one_that_was_alive_and_is_no_longer_is_killed_after_some_checks(
    health: ModuleType, server: Server, kills: list[str]
) -> None:
    health.main()
    server.live = 503
    assert [health.main() for _ in range(health.MOST - 1)] == [1] * (health.MOST - 1)
    assert not kills
    health.main()
    assert kills


def test_one_good_check_begins_the_count_anew(health: ModuleType, server: Server, kills: list[str]) -> None:
    for _ in range(3):
        server.live = 200
        health.main()
        server.live = 503
        for _ in range(health.MOST - 1):
            health.main()
    assert not kills


def test_one_that_has_not_begun_to_serve_is_given_its_time(
    health: ModuleType, monkeypatch: pytest.MonkeyPatch, kills: list[str]
) -> None:
    monkeypatch.setattr(health, "ADDRESS", ("127.0.0.1", 1))
    assert [health.main() for _ in range(3 * health.MOST)] == [1] * 3 * health.MOST
    assert not kills


def test_a_check_ends_before_docker_gives_it_up(health: ModuleType) -> None:
    timeout = services()["bookings-api"]["healthcheck"]["timeout"]
    assert int(timeout.removesuffix("s")) > 2 * health.SECONDS
