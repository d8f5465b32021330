"""How README.md's examples are found; test_journey runs them."""

from tests.system.readme import Answer, examples
from wex.folders import REPOSITORY

TEXT = """
```
make run
```
Prose.
```
TOKEN=$(.venv/bin/wex token --as mis)
curl http://127.0.0.1:8101/v1/areas
```
```
a table, and the word curl in it
```
"""


def test_blocks_with_a_command_are_examples_and_others_are_not() -> None:
    assert examples(TEXT) == ["TOKEN=$(.venv/bin/wex token --as mis)\ncurl http://127.0.0.1:8101/v1/areas\n"]


def test_readme_has_an_example_for_each_kind_of_reader() -> None:
    text = (REPOSITORY / "README.md").read_text()
    start = text.index("## Start here as")
    readers = text[start : text.index("\n## ", start + 1)].split("\n**")[1:]
    assert len(readers) >= 3
    assert all(examples(reader) for reader in readers)


def test_an_empty_page_or_a_refusal_finds_nothing() -> None:
    assert Answer("GET x", 200, '{"items": [{"id": 1}]}').found
    assert Answer("POST x", 201, '{"id": 1}').found
    assert not Answer("GET x", 200, '{"items": []}').found
    assert not Answer("GET x", 404, '{"slug": "not-found"}').found
