"""The document tells every answer that the kit itself gives."""

from typing import Any

import pytest

from tests.shared.example_service import ExampleService
from tests.shared.web import example_app


@pytest.fixture
def paths(example: ExampleService) -> dict[str, Any]:
    found: dict[str, Any] = example_app(example, "http://127.0.0.1:1").openapi()["paths"]
    return found


def test_what_takes_a_query_may_find_it_too_long(paths: dict[str, Any]) -> None:
    assert {"400", "414"} <= paths["/v1/things"]["get"]["responses"].keys()
    assert "414" not in paths["/v1/things"]["post"]["responses"]


def test_what_takes_a_body_may_refuse_its_media_type(paths: dict[str, Any]) -> None:
    assert "415" in paths["/v1/things"]["post"]["responses"]
    assert "415" not in paths["/v1/things"]["get"]["responses"]


def test_a_change_at_a_version_needs_the_version(paths: dict[str, Any]) -> None:
    needed = {each["name"]: each["required"] for each in paths["/v1/things/{thing_id}"]["put"]["parameters"]}
    assert needed["If-Match"]
    assert {"400", "412"} <= paths["/v1/things/{thing_id}"]["put"]["responses"].keys()
