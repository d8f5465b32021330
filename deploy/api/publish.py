"""Writes the platform's published interfaces beside this file: `python deploy/api/publish.py`.

`schemas/` JSON Schema of every contract, `asyncapi.json` all topics, `openapi/` each service over HTTP;
`samples/` are written by hand, one event of each type. A contract that breaks what is published is refused
and takes the next version instead. `--check` writes nothing and fails where a file is out of date.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from shared.contracts.asyncapi import document
from shared.contracts.compatibility import changes
from shared.contracts.registry import published
from shared.contracts.schemas import schema_of
from shared.messaging.topics import load_topics
from shared.persistence.provision import service_database
from wex.environment import Addresses, service_environment
from wex.local_secrets import new_secrets

HERE = Path(__file__).parent
SERVICES = ("bookings", "integrations", "opportunities", "outcomes", "safeguarding")


def main(arguments: list[str] | None = None) -> None:
    """Write or check every document. Exits with 1 where a contract breaks or a file is out of date."""
    parser = argparse.ArgumentParser(description="Publish the platform's interfaces")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where one is out of date")
    parser.add_argument("--break", dest="breaking", action="store_true", help="before a first release: break")
    given = parser.parse_args(arguments)
    found = changes(read_all(HERE / "schemas"), present_schemas())
    for change in found:
        say(f"{'breaks' if change.breaks else 'replace readers first'}: {change}")
    if any(change.breaks for change in found) and not given.breaking:
        raise SystemExit("A contract is a promise: publish what has changed under its next version.")
    wanted = dict(files())
    gone = set((HERE / "schemas").glob("*.json")) - wanted.keys()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    if given.check:
        for path in [*stale, *gone]:
            say(f"out of date: {path.relative_to(HERE)}")
        raise SystemExit(1 if stale or gone else 0)
    for path in gone:
        path.unlink()
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(wanted[path])


def files() -> Iterator[tuple[Path, str]]:
    """Every document by its path."""
    yield from contract_files()
    with ThreadPoolExecutor(2) as several:
        for service, text in zip(SERVICES, several.map(openapi, SERVICES), strict=True):
            yield HERE / "openapi" / f"{service}.json", text


def contract_files() -> Iterator[tuple[Path, str]]:
    """The schemas and the AsyncAPI document."""
    for name, schema in present_schemas().items():
        yield HERE / "schemas" / f"{name}.json", as_text(schema)
    samples = read_all(HERE / "samples")
    yield HERE / "asyncapi.json", as_text(document(published(), load_topics(), samples))


def openapi(service: str) -> str:
    """What the service says of itself, asked in a process of its own: two services never share one."""
    nowhere = "http://127.0.0.1:1"
    environment = service_environment(
        service,
        port=0,
        environment="test",
        addresses=Addresses(nowhere, "127.0.0.1:1", nowhere, "", {}),
        database=service_database("postgresql://nobody@127.0.0.1:1/none", service, "none"),
        secrets=new_secrets(),
        clock=HERE / "none",
    )
    answer = subprocess.run(  # noqa: S603 - the interpreter that runs this
        [sys.executable, "-m", service, "openapi"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if answer.returncode != 0:
        raise SystemExit(f"{service} does not start:\n{answer.stderr}")
    return as_text(json.loads(answer.stdout))


def present_schemas() -> dict[str, dict[str, Any]]:
    """The schema of every contract as it is now."""
    return {name: schema_of(contract) for name, contract in published().items()}


def say(line: str) -> None:
    """The command's answer."""
    print(line)  # noqa: T201


def read_all(folder: Path) -> dict[str, dict[str, Any]]:
    """Every document of a folder by its name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def as_text(content: Any) -> str:
    """JSON as it is kept: readable, and the same every time."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
