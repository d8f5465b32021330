"""Documents tell the truth: every path, module, command and setting that one names is there."""

import configparser
import re
from pathlib import Path

import pytest

from tests.architecture.documents import Repository, faults
from wex.ports import SERVICES

REPOSITORY = Repository(Path(__file__).parents[2])
ROW = re.compile(r"^  \| (\w+) \| (.+) \|$", re.MULTILINE)  # of the table of capabilities
SHOWN = re.compile(r"^```python\n# (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
ALLOWED = {
    "setting WEX_ORDERS_TOGETHER": "CHANGELOG.md tells what it is called now",
    "setting WEX_MESSAGES_TOGETHER": "CHANGELOG.md tells what it is called now",
}


def test_whatever_a_document_names_is_there() -> None:
    told = {
        document: set(faults(REPOSITORY, document, (REPOSITORY.root / document).read_text()))
        for document in REPOSITORY.documents
    }

    assert {document: found for document, found in told.items() if found - ALLOWED.keys()} == {}
    assert set().union(*told.values()) >= ALLOWED.keys(), "what is allowed is named nowhere any more"


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ("see [the rules](docs/rules.md)", "link docs/rules.md"),
        ("in `shared/src/shared/gone.py`", "path shared/src/shared/gone.py"),
        ("in `docs/nowhere`", "path docs/nowhere"),
        ("in `deploy/{compose,gone}.yaml`", "path deploy/{compose,gone}.yaml"),
        ("```\npython deploy/api/gone.py\n```", "path deploy/api/gone.py"),
        ("by `shared.messaging.gone`", "module shared.messaging.gone"),
        ("by `shared.kernel.Gone`", "module shared.kernel.Gone"),
        ("```\nHTTP    shared.http.door\n```", "module shared.http.door"),
        ("run `make everything`", "make everything"),
        ("```\nmake all\n```", "make all"),
        ("run `wex dance`", "wex dance"),
        ("```\n.venv/bin/wex dance\n```", "wex dance"),
        ("run `python -m tests.gone`", "python -m tests.gone"),
        ("set `WEX_GONE`", "setting WEX_GONE"),
    ],
)
def test_planted_a_name_that_leads_nowhere_is_seen(planted: str, fault: str) -> None:
    assert fault in faults(REPOSITORY, "README.md", planted)


@pytest.mark.parametrize(
    "meant",
    [
        "`shared.kernel.Refusal` in [the kit](shared/src/shared) and `shared/src/shared/kernel/clock.py`",
        "topic `bookings.events`, `application/zip`, `/v1/bookings`, `booking.suspended/reinstated.v1`",
        "`services/<name>/migrations`, `deploy/api/{samples,schemas}`, `.wex/reports/faults.jsonl`",
        "`make test T=tests/shared`, `wex up --journey`, `python -m shared.setup topics`, `WEX_HTTP_PORT`",
        "```\ncurl http://127.0.0.1:8101/v1/areas -o areas.zip\nmake run ONCE=1   # then wex status\n```",
    ],
)
def test_names_that_lead_somewhere_pass(meant: str) -> None:
    assert faults(REPOSITORY, "README.md", meant) == []


def test_code_that_a_document_shows_stands_in_the_file_it_names() -> None:
    shown = 0
    for document in REPOSITORY.documents:
        for path, code in SHOWN.findall((REPOSITORY.root / document).read_text()):
            lines = {line.strip() for line in (REPOSITORY.root / path).read_text().splitlines()}
            assert {line for line in code.splitlines() if line.strip() not in lines} == set(), document
            shown += 1
    assert shown


def test_the_architecture_lists_every_capability_in_the_order_of_its_imports() -> None:
    parser = configparser.ConfigParser()
    parser.read(REPOSITORY.root / ".importlinter")
    rows = dict(ROW.findall((REPOSITORY.root / "ARCHITECTURE.md").read_text()))
    for service in SERVICES:
        folder = REPOSITORY.root / f"services/{service}/src/{service}"
        layers = parser[f"importlinter:contract:{service}"]["layers"].splitlines()
        order = [{name for name in re.findall(r"\w+", layer) if (folder / name).is_dir()} for layer in layers]
        listed = [set(re.findall(r"\w+", each)) for each in rows[service].split(">")]

        assert listed == [names for names in order if names]
