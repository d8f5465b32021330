"""Schemathesis over the five published documents against the services that run."""

import asyncio
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tests.attack.documents import operations
from tests.attack.findings import Attack, report_file
from tests.attack.scenario import Scenario
from wex.folders import REPOSITORY

CONFIGURATION = Path(__file__).parent / "schemathesis.toml"
AT_ONCE = 2
# Whose token is used where: whoever owns most of what the service keeps.
OWNER = {"opportunities": "provider"}


async def attack_documents(scenario: Scenario, examples: int, seconds: int, seed: int) -> list[Attack]:
    """Each document with all checks: this many examples an operation, at most so many seconds a service."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(service: str) -> Attack:
        async with turn:
            return await _run(scenario, service, examples, seconds, seed)

    return list(await asyncio.gather(*(one(service) for service in scenario.platform.services)))


async def _run(scenario: Scenario, service: str, examples: int, seconds: int, seed: int) -> Attack:
    attack = Attack(f"document of {service}", "Schemathesis, all checks, with every scope")
    folder = scenario.platform.folders.state / "schemathesis" / service
    folder.mkdir(parents=True)
    (folder / "answered").touch()
    owner = getattr(scenario.walk, OWNER.get(service, "school")).organisation
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.read_text() + _known_ids(scenario, service))
    report = folder / "report.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
        *("run", f"{scenario.platform.api(service)}/openapi.json", "--checks", "all"),
        # `takes_what_it_documents` stands in its place: rules answer 422 as faults of form do, and only
        # the slug tells one from the other.
        *("--exclude-checks", "positive_data_acceptance"),
        *("--max-examples", str(examples), "--seed", str(seed), "--continue-on-failure", "--no-color"),
        *("--header", f"Authorization: Bearer {scenario.token(service, owner)}"),
        *("--report", "json", "--report-json-path", str(report)),
        cwd=folder,
        env=os.environ
        | {
            "PYTHONPATH": str(REPOSITORY),
            "SCHEMATHESIS_HOOKS": "tests.attack.schemathesis_hooks",
            "WEX_ATTACK_RECEIVER": scenario.walk.receiver.url,
            "WEX_ATTACK_ANSWERED": str(folder / "answered"),
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
    except TimeoutError:
        process.kill()
        await process.wait()
        attack.broken.append(f"did not end within {seconds} s")
        return attack.over()
    told = output.decode(errors="replace")
    _kept(service).write_text(told)
    if not report.exists():
        attack.broken.append(f"did not run: {told[-600:]}")
        return attack.over()
    _read(json.loads(report.read_text()), attack, service)
    _reached((folder / "answered").read_text(), scenario, attack, service)
    return attack.over()


def _read(report: dict[str, Any], attack: Attack, service: str) -> None:
    attack.tried = report["test_cases"]["generated"]
    for failure in report["failures"]:
        attack.broken += [
            f"{failure['title']}: {service} {operation}, see {_kept(service)}"
            for operation in failure["operations"]
        ]
    attack.broken += [f"Schemathesis failed: {json.dumps(error)[:600]}" for error in report["errors"]]


def _reached(answered: str, scenario: Scenario, attack: Attack, service: str) -> None:
    """Every operation was done at least once, here or before: only then has its answer been seen."""
    seen = {each: Counter[str]() for each in operations() if each.service == service}
    names = {each.told["operationId"]: each for each in seen}
    for line in answered.splitlines():
        name, status = line.split()
        if name in names:
            seen[names[name]][status] += 1
    table, elsewhere = [], []
    for operation, statuses in seen.items():
        name = operation.told["operationId"]
        here = any(status.startswith("2") for status in statuses)
        table.append(
            f"{name}: {', '.join(f'{count} x {status}' for status, count in sorted(statuses.items()))}"
        )
        if not here:
            elsewhere.append(name)
        attack.expect(here or operation in scenario.answers.kept, f"{service} {name} was never answered 2xx")
    attack.facts.append(f"{len(seen) - len(elsewhere)} of {len(seen)} operations done")
    if elsewhere:
        attack.facts.append(f"done by the journey alone: {', '.join(elsewhere)}")
    with _kept(service).open("a") as kept:
        kept.write("\n".join(["", "What each operation was answered:", *table, ""]))


def _kept(service: str) -> Path:
    return report_file().with_name(f"attack-{service}.txt")


def _known_ids(scenario: Scenario, service: str) -> str:
    """Half of the time a path names one of the journey's own things."""
    names = {name for each in operations() if each.service == service for name in each.path_ids}
    lines = [f'\n[dictionaries.{name}]\nvalues = ["{scenario.ids[name]}"]\n' for name in sorted(names)]
    lines.append("\n[parameters]\n")
    lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.5 }}\n' for name in sorted(names)]
    return "".join(lines)
