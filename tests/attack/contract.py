"""Schemathesis over the five published documents against the services that run."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from tests.attack.documents import operations
from tests.attack.findings import Attack
from tests.attack.scene import Scene

CONFIGURATION = Path(__file__).parent / "schemathesis.toml"
AT_ONCE = 2
# Whose token is used where: whoever owns most of what the service keeps.
OWNER = {"opportunities": "provider"}


async def attack_documents(scene: Scene, examples: int, seconds: int, seed: int) -> list[Attack]:
    """Each document with all checks: this many examples an operation, at most so many seconds a service."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(service: str) -> Attack:
        async with turn:
            return await _run(scene, service, examples, seconds, seed)

    return list(await asyncio.gather(*(one(service) for service in scene.platform.services)))


async def _run(scene: Scene, service: str, examples: int, seconds: int, seed: int) -> Attack:
    attack = Attack(f"document of {service}", "Schemathesis, all checks, with every scope")
    folder = scene.platform.folders.state / "schemathesis" / service
    folder.mkdir(parents=True)
    owner = getattr(scene.walk, OWNER.get(service, "school")).organisation
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.read_text() + _known_ids(scene, service))
    report = folder / "report.json"
    base = scene.platform.api(service)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
        *("run", f"{base}/openapi.json", "--checks", "all", "--max-examples", str(examples)),
        *("--seed", str(seed), "--max-time", str(seconds), "--header", f"Authorization: Bearer {scene.token(service, owner)}"),
        *("--report", "json", "--report-json-path", str(report), "--no-color", "--continue-on-failure"),
        env=os.environ
        | {"SCHEMATHESIS_HOOKS": "tests.attack.schemathesis_hooks", "WEX_ATTACK_RECEIVER": scene.walk.receiver.url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    Path(f"/tmp/st-{service}.txt").write_bytes(output)
    if report.exists():
        Path(f"/tmp/st-{service}.json").write_bytes(report.read_bytes())
    return attack.over()


def _known_ids(scene: Scene, service: str) -> str:
    """Half of the time a path names one of the journey's own things."""
    names = {name for each in operations() if each.service == service for name in each.path_ids}
    lines = [f'\n[dictionaries.{name}]\nvalues = ["{scene.ids[name]}"]\n' for name in sorted(names)]
    lines.append("\n[parameters]\n")
    lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.5 }}\n' for name in sorted(names)]
    return "".join(lines)
