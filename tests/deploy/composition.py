"""docker-compose.yml as Compose reads it: merged, and with the values that write_env.py would give."""

import importlib.util
import re
from functools import cache
from typing import Any

import yaml

from wex.folders import REPOSITORY
from wex.ports import SERVICES

SERVERS = [f"{service}-{role}" for service in SERVICES for role in ("api", "worker")]
OWN = ["databases", "topics", *SERVERS, *(f"{service}-migrate" for service in SERVICES)]
VARIABLE = re.compile(r"\$\{([A-Z_]+)(:\?[^}]*)?\}")


@cache
def raw() -> dict[str, Any]:
    """The file with its merges done and its variables still names."""
    loaded: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    return loaded


def services() -> dict[str, Any]:
    """Every service of the file."""
    found: dict[str, Any] = raw()["services"]
    return found


def environment(name: str) -> dict[str, str]:
    """What a container is given, with values."""
    values = env_values()
    given: dict[str, str] = services()[name].get("environment", {})
    return {key: VARIABLE.sub(lambda found: values[found[1]], value) for key, value in given.items()}


@cache
def env_text() -> str:
    """A fresh `.env`, as write_env.py would write it."""
    specification = importlib.util.spec_from_file_location(
        "write_env", REPOSITORY / "deploy/compose/write_env.py"
    )
    assert specification
    assert specification.loader
    script = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(script)
    return str(script.filled((REPOSITORY / ".env.example").read_text()))


def env_values() -> dict[str, str]:
    """The values of a fresh `.env`."""
    pairs = (line.partition("=") for line in env_text().splitlines() if line and not line.startswith("#"))
    return {name: value.strip("'") for name, _, value in pairs}


def dependencies(name: str) -> dict[str, str]:
    """Whom a container waits for, and until when, as far as the chain goes."""
    found: dict[str, str] = {}
    for other, how in services()[name].get("depends_on", {}).items():
        found[other] = how["condition"]
        found |= dependencies(other)
    return found
