"""Answers to requests that mean well, held against the documents: Schemathesis rarely makes such requests."""

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field

import httpx2
from jsonschema import Draft202012Validator, FormatChecker

from tests.attack.documents import Operation, document, operations
from tests.attack.findings import Attack

KEPT = 5  # answers of each operation


@dataclass
class Answers:
    """The first successful answers of each operation; `keep` is a hook of the client that asks."""

    kept: dict[Operation, list[httpx2.Response]] = field(default_factory=lambda: defaultdict(list))
    ports: dict[int, str] = field(default_factory=dict)  # of the services

    async def keep(self, response: httpx2.Response) -> None:
        service = self.ports.get(response.request.url.port or 0)
        if service is None or not response.is_success:
            return
        method, path = response.request.method, response.request.url.path
        for operation in operations():
            if (operation.service, operation.method) == (service, method) and _fits(operation, path):
                if len(self.kept[operation]) < KEPT:
                    await response.aread()
                    self.kept[operation].append(response)
                return

    def attack(self) -> Attack:
        """Each of them has a status its document tells, and a body of the form it tells there."""
        attack = Attack("answers", "the first answers of 2xx to each operation, against its document")
        for operation, responses in self.kept.items():
            for response in responses:
                wrong = _wrong(operation, response)
                attack.expect(not wrong, f"{operation}: {response.status_code}, {wrong}")
        return attack.over()


def _fits(operation: Operation, path: str) -> bool:
    template = re.sub(r"\{\w+\}", "[^/]+", operation.path)
    return re.fullmatch(template, path) is not None


def _wrong(operation: Operation, response: httpx2.Response) -> str:
    """What about the answer is not as documented; empty where all of it is."""
    told = operation.told["responses"].get(str(response.status_code))
    if told is None:
        return "which is not documented"
    schema = told.get("content", {}).get("application/json", {}).get("schema")
    if schema is None:
        return "with a body that is not documented" if response.content else ""
    whole = {**schema, "components": document(operation.service)["components"]}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    faults = validator.iter_errors(json.loads(response.content))
    return "; ".join(f"{fault.json_path} breaks {fault.validator}" for fault in faults)
