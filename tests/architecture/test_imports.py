"""Imports run one way; each contract of `.importlinter` is seen to fail on a violation planted in a copy."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("opportunities", "bookings", "safeguarding", "outcomes", "integrations")
ROOMS = ("api", "consumers", "adapters", "application", "domain")
MODULES = (
    "wex",
    *(
        f"shared.{each.stem}"
        for each in sorted((ROOT / "shared/src/shared").iterdir())
        if each.stem[0] != "_"
    ),
    *(f"{service}.{room}" for service in SERVICES for room in (*ROOMS, "main", "settings", "__main__")),
)

# Contract to the imports that must break it: (importer, imported).
PLANTED: dict[str, list[tuple[str, str]]] = {
    "No service imports another": [("bookings.application", "outcomes.domain")],
    "The kit knows no service and no local stack": [
        ("shared.http", "bookings.main"), ("shared.messaging", "wex"),
    ],
    "A service knows nothing of the local stack": [("safeguarding.main", "wex")],
    "Within a service imports run one way: main, edges, application, domain": [
        ("opportunities.domain", "opportunities.application"),
        ("bookings.application", "bookings.adapters"),
        ("safeguarding.api", "safeguarding.adapters"),
        ("outcomes.consumers", "outcomes.api"),
        ("integrations.adapters", "integrations.main"),
        ("integrations.api", "integrations.settings"),
        ("integrations.main", "integrations.__main__"),
    ],
    "Within the kit imports run one way": [
        ("shared.bus", "shared.messaging"), ("shared.persistence", "shared.bus"),
    ],
    "Kernel and contracts stand on nothing else of the kit": [
        ("shared.contracts", "shared.persistence"), ("shared.kernel", "shared.rulepacks"),
    ],
    "The kernel stands on the standard library alone": [
        ("shared.kernel", "pydantic"), ("shared.kernel", "shared.contracts"),
    ],
    "A domain stands on the standard library and the kernel alone": [
        ("outcomes.domain", "sqlmodel"),
        ("bookings.domain", "shared.contracts"),
        ("integrations.domain", "shared.telemetry"),
    ],
    "The use cases know neither HTTP nor Kafka nor SQL": [
        ("safeguarding.application", "sqlalchemy"), ("bookings.application", "fastapi"),
    ],
}  # fmt: skip


def skeleton(folder: Path, imports: dict[str, list[str]]) -> None:
    """The platform's packages with nothing in them but these imports."""
    for module in MODULES:
        lines = [f"import {imported}" for imported in imports.get(module, [])]
        path = folder.joinpath(*module.split("."))
        if module.rpartition(".")[2] in ("main", "settings", "__main__"):
            path = path.with_suffix(".py")
        else:
            path = path / "__init__.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
    for package in ("shared", *SERVICES):
        (folder / package / "__init__.py").touch()


def lint(folder: Path) -> str:
    """What import-linter says of the packages in a folder, under the platform's own contracts."""
    answer = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()",
         "--config", str(ROOT / ".importlinter"), "--no-cache", "--no-logo"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a copy in which every contract is violated."""
    imports: dict[str, list[str]] = {}
    for importer, imported in (pair for pairs in PLANTED.values() for pair in pairs):
        imports.setdefault(importer, []).append(imported)
    folder = tmp_path_factory.mktemp("planted")
    skeleton(folder, imports)
    (folder / "outcomes" / "helpers").mkdir()
    (folder / "outcomes" / "helpers" / "__init__.py").touch()
    return lint(folder)


@pytest.mark.parametrize("contract", PLANTED)
def test_planted_a_violation_of_each_contract_is_seen(verdict: str, contract: str) -> None:
    assert f"{contract} BROKEN" in verdict
    _, _, told = verdict.partition("Broken contracts")
    section = re.split(r"\n(?=\S[^\n]+\n-{4,}\n)", told)
    (own,) = [each for each in section if each.lstrip("\n").startswith(contract)]
    for importer, imported in PLANTED[contract]:
        assert re.search(rf"{re.escape(importer)} -> {re.escape(imported)}\b", own), (importer, imported, own)


def test_planted_a_room_nobody_knows_is_seen(verdict: str) -> None:
    assert "outcomes.helpers" in verdict


def test_a_clean_copy_keeps_every_contract(tmp_path: Path) -> None:
    skeleton(
        tmp_path,
        {
            "bookings.api": ["bookings.application", "shared.http"],
            "bookings.application": ["bookings.domain", "shared.kernel", "shared.messaging"],
            "bookings.domain": ["shared.kernel", "dataclasses"],
            "bookings.main": ["bookings.api", "bookings.adapters", "bookings.consumers"],
            "shared.http": ["shared.kernel"],
        },
    )

    assert "9 kept, 0 broken" in lint(tmp_path)


def test_a_service_without_some_of_the_rooms_is_no_violation(tmp_path: Path) -> None:
    skeleton(tmp_path, {})
    for room in ("consumers", "adapters"):
        (tmp_path / "outcomes" / room / "__init__.py").unlink()
        (tmp_path / "outcomes" / room).rmdir()

    assert "9 kept, 0 broken" in lint(tmp_path)


def test_every_contract_is_violated_here_once() -> None:
    names = re.findall(r"^name = (.+)$", (ROOT / ".importlinter").read_text(), re.MULTILINE)

    assert names == list(PLANTED)


def test_the_contracts_name_every_part_of_the_kit() -> None:
    text = (ROOT / ".importlinter").read_text()
    kit = {f"shared.{each.stem}" for each in (ROOT / "shared/src/shared").iterdir() if each.stem[0] != "_"}
    sections = {part.partition("]")[0]: part for part in text.split("[importlinter:contract:")}
    for section, source in (
        ("language", {"shared.kernel", "shared.contracts"}),
        ("domain", {"shared.kernel"}),
    ):
        assert (
            set(re.findall(r"shared\.\w+", sections[section].partition("forbidden_modules")[2]))
            == kit - source
        )


def imported_by(source: str) -> set[str]:
    """The modules a source imports, by their full names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "." * node.level)
    return found


def strangers(source: str, *allowed: str) -> list[str]:
    """What a source imports beside the standard library and what it may."""
    return sorted(
        name
        for name in imported_by(source)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not any(name == each or name.startswith(f"{each}.") for each in allowed)
    )


# A list of what is allowed, beside import-linter's of what is not: a new library is not forgotten.
ALLOWED = {
    "shared/src/shared/kernel": ("shared.kernel",),
    "shared/src/shared/contracts": ("shared.contracts", "pydantic", "pydantic_core"),
    **{f"services/{name}/src/{name}/domain": (f"{name}.domain", "shared.kernel") for name in SERVICES},
}


@pytest.mark.parametrize("folder", ALLOWED)
def test_inner_rooms_import_what_they_may_and_nothing_else(folder: str) -> None:
    paths = sorted((ROOT / folder).rglob("*.py"))
    told = {path.name: found for path in paths if (found := strangers(path.read_text(), *ALLOWED[folder]))}

    assert paths
    assert told == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import sqlmodel", ["sqlmodel"]),
        ("from shared.http.commands import OpenDoor", ["shared.http.commands"]),
        ("def f():\n    from numpy import array", ["numpy"]),
        ("from . import tables", ["."]),
        ("from shared.kernelish import x", ["shared.kernelish"]),
        ("from datetime import date\nfrom shared.kernel.ids import new_id", []),
    ],
)
def test_planted_a_stranger_in_an_inner_room_is_seen(source: str, found: list[str]) -> None:
    assert strangers(source, "shared.kernel") == found


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_depends_on_the_kit_and_on_no_other_service(service: str) -> None:
    project = (ROOT / "services" / service / "pyproject.toml").read_text()

    assert set(re.findall(r"wex-[a-z]+", project)) == {f"wex-{service}", "wex-shared"}
