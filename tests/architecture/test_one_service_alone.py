"""A service installed alone, as its image has it: it lacks nothing, and no other service can be imported."""

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from wex.folders import REPOSITORY
from wex.ports import SERVICES

LOOK = """
import importlib.metadata, importlib.util, json, sys
print(json.dumps({
    "importable": [name for name in sys.argv[1:] if importlib.util.find_spec(name)],
    "installed": {d.metadata["Name"]: d.version for d in importlib.metadata.distributions()},
}))
"""


@cache
def bootstrap() -> ModuleType:
    """The set-up script, for how uv reaches this machine's registry and cache."""
    location = importlib.util.spec_from_file_location("bootstrap", REPOSITORY / "deploy/local/bootstrap.py")
    assert location
    assert location.loader
    module = importlib.util.module_from_spec(location)
    location.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An empty virtual environment, in uv's words."""
    folder = tmp_path_factory.mktemp("alone")
    given: dict[str, str] = bootstrap().uv_environment([sys.executable, "-m", "pip"])
    uv({**given, "VIRTUAL_ENV": str(folder)}, "venv", "--python", sys.executable, str(folder))
    return {**given, "VIRTUAL_ENV": str(folder), "UV_NO_SOURCES": "1"}


def uv(environment: dict[str, str], *arguments: str) -> None:
    """Run uv; from its cache alone where that is enough, so that no network is needed."""
    command = [str(Path(sys.executable).parent / "uv"), "--quiet", *arguments]
    offline = {**environment, "UV_OFFLINE": "1"}
    if subprocess.run(command, env=offline, cwd=REPOSITORY, capture_output=True, check=False).returncode:
        subprocess.run(command, env=environment, cwd=REPOSITORY, check=True)


def look(environment: dict[str, str], names: list[str]) -> Any:
    """What the environment's own Python could import and has, seen from outside the checkout."""
    folder = Path(environment["VIRTUAL_ENV"])
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(folder / "bin" / "python"), "-c", LOOK, *names]
    return json.loads(subprocess.check_output(command, env=clean, cwd=folder))


def imported(service: str) -> set[str]:
    """Every top-level package that the service or the kit imports anywhere, also inside a function."""
    names = set()
    for folder in (REPOSITORY / "shared" / "src", REPOSITORY / "services" / service):
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names.add(node.module.partition(".")[0])
    return names


def locked() -> dict[str, str]:
    """Each distribution of constraints.txt and its version."""
    lines = re.findall(
        r"^([\w.-]+)(?:\[.*?\])?==(\S+)", (REPOSITORY / "constraints.txt").read_text(), re.MULTILINE
    )
    return {name.lower(): version for name, version in lines}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_alone_finds_what_it_imports_and_no_other_service(
    service: str, environment: dict[str, str]
) -> None:
    packages = ["-e", "shared", "-e", f"services/{service}"]
    uv(environment, "pip", "install", "--exact", "--constraint", "constraints.txt", *packages)
    needed = imported(service) | {service, "shared"}
    foreign = {*SERVICES, "wex", "pytest"} - {service}
    found = look(environment, sorted(needed | foreign))
    assert needed - set(found["importable"]) == set()
    assert foreign & set(found["importable"]) == set()
    installed = {
        re.sub(r"[-_.]+", "-", name.lower()): version for name, version in found["installed"].items()
    }
    own = {name for name in installed if name.startswith("wex-")}
    assert own == {"wex-shared", f"wex-{service}"}
    strangers = {name: version for name, version in installed.items() if name not in own}
    assert strangers.items() <= locked().items(), "installed, but not as constraints.txt locks it"
