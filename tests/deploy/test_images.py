"""What the five Dockerfiles promise, held without a Docker engine."""

import re

import pytest

from tests.deploy.composition import services
from wex.folders import REPOSITORY
from wex.ports import SERVICES


def dockerfile(service: str) -> str:
    return (REPOSITORY / "services" / service / "Dockerfile").read_text()


def is_ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path from the build: the last line that matches it decides."""
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    ignored = False
    for line in (line for line in lines if line and not line.startswith("#")):
        pattern = re.escape(line.lstrip("!")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if re.fullmatch(f"{pattern}(/.*)?", path):
            ignored = not line.startswith("!")
    return ignored


@pytest.mark.parametrize("service", SERVICES)
def test_the_five_are_alike_but_for_the_name(service: str) -> None:
    assert dockerfile(service).replace(service, "bookings") == dockerfile("bookings")


@pytest.mark.parametrize("service", SERVICES)
def test_everything_copied_is_there_and_reaches_the_build(service: str) -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile(service), re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    assert f"services/{service}" in sources
    for source in sources:
        assert (REPOSITORY / source).exists(), source
        assert not is_ignored(source), source
    assert not is_ignored(f"services/{service}/migrations/env.py")


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        ".venv/bin/python",
        ".wex/secrets.json",
        "deploy/local/bootstrap.py",
        "tests/conftest.py",
        "services/bookings/Dockerfile",
        "shared/src/shared/__pycache__/runtime.pyc",
    ],
)
def test_nothing_else_reaches_the_build(path: str) -> None:
    assert is_ignored(path)


def test_no_other_service_is_copied_into_an_image() -> None:
    for service in SERVICES:
        others = set(SERVICES) - {service}
        assert not [other for other in others if other in dockerfile(service)]


def test_an_image_is_pinned_and_runs_as_nobody_in_particular() -> None:
    text = dockerfile("bookings")
    assert re.search(r"^ARG PYTHON=\d+\.\d+\.\d+-slim-[a-z]+$", text, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"python:${PYTHON}"}
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE) == ["10001:10001"]
    assert 'ENTRYPOINT ["python", "-m", "bookings"]' in text


def test_keycloak_s_image_begins_with_a_pinned_one_and_does_its_build_step() -> None:
    lines = (REPOSITORY / "deploy/compose/keycloak/Dockerfile").read_text().splitlines()
    source, build = (line for line in lines if not line.startswith("#"))
    assert re.fullmatch(r"FROM \S+/keycloak:\d+\.\d+\.\d+", source)
    assert build.startswith("RUN /opt/keycloak/bin/kc.sh build ")
    assert services()["keycloak"]["command"][:2] == ["start", "--optimized"]


def test_whatever_is_installed_is_held_to_the_locks() -> None:
    installs = re.findall(r"(?:uv )?pip install [^&\n]+", dockerfile("bookings"))
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or "--constraint /locked/constraints.txt" in install
    constraints = (REPOSITORY / "constraints.txt").read_text()
    pinned = re.findall(r"^[\w.-]+(?:\[\w+\])?==", constraints, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^\S.* \\\n    --hash=sha256:", constraints, re.MULTILINE))
