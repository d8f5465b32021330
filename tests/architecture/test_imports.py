"""Imports run one way: each contract of `.importlinter` is seen to fail on violations planted in a copy.

The copy has the modules of the real tree with nothing in them; the violations are made from the contracts
themselves, so that a new contract, service or capability is planted against without a line here.
"""

import ast
import configparser
import fnmatch
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("opportunities", "bookings", "safeguarding", "outcomes", "integrations")
SOURCES = {
    "shared": ROOT / "shared/src/shared",
    "wex": ROOT / "deploy/local/src/wex",
    **{service: ROOT / f"services/{service}/src/{service}" for service in SERVICES},
}
PREFIX = "importlinter:contract:"
CIRCLE = "bookings.capacity"  # where imports are planted that go round in a circle


def read_contracts() -> dict[str, configparser.SectionProxy]:
    """Each contract of the configuration by its name."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    return {parser[each]["name"]: parser[each] for each in parser.sections() if each.startswith(PREFIX)}


CONTRACTS = read_contracts()


def listed(contract: configparser.SectionProxy, option: str) -> list[str]:
    return [line.strip() for line in contract.get(option, "").splitlines() if line.strip()]


@cache
def modules() -> frozenset[str]:
    """Every module of the real tree by its full name."""
    found = set()
    for package, folder in SOURCES.items():
        for path in folder.rglob("*.py"):
            parts = (package, *path.relative_to(folder).with_suffix("").parts)
            found.add(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return frozenset(found)


def expand(pattern: str) -> list[str]:
    """The modules a pattern names; `*` is one part of a name."""
    depth = pattern.count(".")
    return sorted(m for m in modules() if m.count(".") == depth and fnmatch.fnmatchcase(m, pattern))


def child(container: str, layer: str) -> str:
    """The full name of a layer, which may be optional: `(name)`."""
    return f"{container}.{layer.strip(' ()')}"


def planted_in_layers(contract: configparser.SectionProxy) -> Iterator[tuple[str, str]]:
    """In each container: the lowest layer imports the highest, and a sibling imports its sibling."""
    for container in [each for pattern in listed(contract, "containers") for each in expand(pattern)]:
        layers = [
            [
                name
                for each in re.split(r"[|:]", layer)
                if (name := f"{container}.{each.strip(' ()')}") in modules()
            ]
            for layer in listed(contract, "layers")
        ]
        present = [layer for layer in layers if layer]
        if len(present) > 1:
            yield present[-1][-1], present[0][0]
        for layer, text in zip(layers, listed(contract, "layers"), strict=True):
            if "|" in text and len(layer) > 1:
                yield layer[0], layer[1]


def planted_in_forbidden(contract: configparser.SectionProxy) -> Iterator[tuple[str, str]]:
    """Each source imports something it may not, in turn, so that each forbidden module is imported too."""
    sources = [each for pattern in listed(contract, "source_modules") for each in expand(pattern)]
    targets = [
        each
        for pattern in listed(contract, "forbidden_modules")
        # A library has no module here; a pattern may have none yet, as in a service without tables.
        for each in expand(pattern) or ([] if "*" in pattern else [pattern])
    ]
    assert sources
    assert targets
    for number in range(max(len(sources), len(targets))):
        yield sources[number % len(sources)], targets[number % len(targets)]


def planted_in(contract: configparser.SectionProxy) -> list[tuple[str, str]]:
    """Imports that break a contract: (importer, imported)."""
    if contract["type"] == "layers":
        return list(planted_in_layers(contract))
    if contract["type"] == "forbidden":
        return list(planted_in_forbidden(contract))
    if contract["type"] == "acyclic_siblings":
        return [(f"{CIRCLE}.ports", f"{CIRCLE}.handlers"), (f"{CIRCLE}.handlers", f"{CIRCLE}.ports")]
    names = listed(contract, "modules")
    return list(pairwise(names))


def skeleton(folder: Path, imports: dict[str, set[str]]) -> None:
    """The platform's packages with nothing in them but these imports."""
    for module in modules():
        path = folder.joinpath(*module.split("."))
        is_package = any(each.startswith(f"{module}.") for each in modules())
        path = path / "__init__.py" if is_package else path.with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"import {each}\n" for each in sorted(imports.get(module, ()))))


def lint(folder: Path) -> str:
    """What import-linter says of the packages in a folder, under the platform's own contracts."""
    answer = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()",
         "--config", str(ROOT / ".importlinter"), "--no-cache", "--no-logo"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "400", "NO_COLOR": "1"},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is said of a copy in which every contract is violated."""
    imports: dict[str, set[str]] = {}
    for contract in CONTRACTS.values():
        for importer, imported in planted_in(contract):
            imports.setdefault(importer, set()).add(imported)
    folder = tmp_path_factory.mktemp("planted")
    skeleton(folder, imports)
    for stray in ("outcomes/helpers.py", "integrations/webhooks/helpers.py"):
        (folder / stray).touch()
    return lint(folder)


@pytest.mark.parametrize("name", CONTRACTS)
def test_planted_violations_of_each_contract_are_seen(verdict: str, name: str) -> None:
    assert f"{name} BROKEN" in verdict
    _, _, broken = verdict.partition("Broken contracts")
    section = re.split(r"\n(?=\S[^\n]+\n-{4,}\n)", broken)
    (own,) = [each for each in section if each.lstrip("\n").startswith(f"{name}\n")]
    planted = planted_in(CONTRACTS[name])
    assert planted, "no import can break this contract"
    if CONTRACTS[name]["type"] == "acyclic_siblings":  # it names the folder, and imports of its own choice
        assert f"No cycles are allowed in {CIRCLE}." in own
        return
    for importer, imported in planted:
        assert re.search(rf"{re.escape(importer)} -> {re.escape(imported)}\b", own), (importer, imported, own)


@pytest.mark.parametrize("stray", ["outcomes.helpers", "integrations.webhooks.helpers"])
def test_planted_a_module_that_no_layer_names_is_seen(verdict: str, stray: str) -> None:
    assert stray in verdict


def test_a_clean_copy_keeps_every_contract(tmp_path: Path) -> None:
    skeleton(tmp_path, {})

    assert f"{len(CONTRACTS)} kept, 0 broken" in lint(tmp_path)


@pytest.mark.parametrize("name", ["Kernel and contracts stand on nothing else of the kit"])
def test_a_contract_of_the_kit_names_every_other_part_of_it(name: str) -> None:
    kit = {f"shared.{each.stem}" for each in SOURCES["shared"].iterdir() if each.stem[0] != "_"}
    contract = CONTRACTS[name]

    assert set(listed(contract, "forbidden_modules")) == kit - set(listed(contract, "source_modules"))


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


def domain_files() -> list[Path]:
    """Each file of a service's domains: `domain` and `rules`, files or folders."""
    return sorted(
        path
        for service in SERVICES
        for path in SOURCES[service].rglob("*.py")
        if {"domain", "domain.py", "rules.py"} & set(path.relative_to(SOURCES[service]).parts)
    )


# Lists of what is allowed, beside import-linter's of what is not: a new library is not forgotten.
@pytest.mark.parametrize("path", domain_files(), ids=lambda path: str(path.relative_to(ROOT / "services")))
def test_a_domain_imports_the_kernel_and_domains_alone(path: Path) -> None:
    service = path.relative_to(ROOT / "services").parts[0]
    found = strangers(path.read_text(), "shared.kernel", service)

    assert found == []
    own = {name for name in imported_by(path.read_text()) if name.startswith(f"{service}.")}
    assert {name for name in own if not {"domain", "rules"} & set(name.split("."))} == set()


@pytest.mark.parametrize(
    ("folder", "allowed"),
    [("kernel", ("shared.kernel",)), ("contracts", ("shared.contracts", "pydantic", "pydantic_core"))],
)
def test_the_inner_parts_of_the_kit_import_what_they_may_and_nothing_else(
    folder: str, allowed: tuple[str, ...]
) -> None:
    paths = sorted((SOURCES["shared"] / folder).rglob("*.py"))

    assert paths
    assert {path.name: found for path in paths if (found := strangers(path.read_text(), *allowed))} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import sqlmodel", ["sqlmodel"]),
        ("from shared.http.commands import CommandRequest", ["shared.http.commands"]),
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
