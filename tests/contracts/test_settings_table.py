"""docs/settings.md is what the code has: every setting of a service, every variable of the local stack."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import Field, SecretStr

from shared.settings import ServiceSettings

ROOT = Path(__file__).parents[2]
READ_FROM_ENVIRONMENT = re.compile(r"environ(?:\.get\(|\[)\"(WEX_[A-Z_]+)\"")


def generator() -> ModuleType:
    """`deploy/api/settings_table.py`."""
    spec = spec_from_file_location("settings_table", ROOT / "deploy/api/settings_table.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Planted(ServiceSettings):
    """A service's settings with one of its own, which is secret and has a default."""

    planted_key: SecretStr = Field(default=SecretStr("x"), description="Planted")


def test_the_page_is_what_the_settings_classes_say() -> None:
    assert generator().page() == (ROOT / "docs/settings.md").read_text(), "run: make contracts"


def test_every_variable_the_local_stack_reads_is_on_the_page() -> None:
    files = [*(ROOT / "deploy/local/src").rglob("*.py"), ROOT / "shared/src/shared/process.py"]
    read = {name for file in files for name in READ_FROM_ENVIRONMENT.findall(file.read_text())}
    # The edge's own variables are given to it by the stack itself.
    read -= {name for name in read if name.startswith(("WEX_TRACES_", "WEX_ISSUER_"))}

    assert {name for name in read if f"`{name}`" not in generator().page()} == set()


def test_planted_a_new_setting_has_a_row() -> None:
    row = generator().rows_of(Planted)["planted_key"]

    assert row.startswith("| `WEX_PLANTED_KEY` | text |")
    assert "**Secret.**" in row


def test_planted_a_setting_without_a_description_is_not_written() -> None:
    class Undescribed(ServiceSettings):
        nameless: int = 1

    with pytest.raises(KeyError, match="description"):
        generator().rows_of(Undescribed)
