"""Rule packs: the version in force on a day, and a named one to run an old decision again."""

from datetime import date
from pathlib import Path

import pytest

from shared.rulepacks import RulePacks


def write(folder: Path, version: str, begins: str, *, pack: str = "guarantee", **members: str) -> None:
    lines = {"pack": pack, "version": version, "effective_from": begins, "source": "s", "rules": "{days: 10}"}
    (folder / pack).mkdir(exist_ok=True)
    text = "\n".join(f"{name}: {value}" for name, value in (lines | members).items() if value)
    (folder / pack / f"{version}.yaml").write_text(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "v2", "2027-09-01", rules="{days: 12}")
    write(tmp_path, "v1", "2026-09-01")
    write(tmp_path, "v1", "2026-01-01", pack="checks")
    return tmp_path


@pytest.mark.parametrize(
    ("day", "version"),
    [(date(2026, 9, 1), "v1"), (date(2027, 8, 31), "v1"), (date(2027, 9, 1), "v2"), (date(2040, 1, 1), "v2")],
)
def test_a_version_is_in_force_from_its_day_until_the_next(folder: Path, day: date, version: str) -> None:
    assert RulePacks(folder).on("guarantee", day).version == version


def test_before_its_first_version_a_pack_says_nothing(folder: Path) -> None:
    with pytest.raises(LookupError):
        RulePacks(folder).on("guarantee", date(2026, 8, 31))


def test_an_unknown_pack_or_version_is_not_there(folder: Path) -> None:
    for ask in (("other", "v1"), ("guarantee", "v3")):
        with pytest.raises(LookupError):
            RulePacks(folder).version(*ask)


def test_an_old_version_can_be_named_after_a_new_one_came(folder: Path) -> None:
    assert RulePacks(folder).version("guarantee", "v1").rules == {"days": 10}
    assert [f"{p.name} {p.version}" for p in RulePacks(folder).all()] == [
        "checks v1", "guarantee v1", "guarantee v2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "members",
    [
        {"source": ""},
        {"pack": "other"},
        {"version": "v9"},
        {"effective_from": "soon"},
        {"effective_from": "2026-09-01T00:00:00Z"},
        {"effective_from": "2027-09-01"},
    ],
    ids=["no source", "another folder", "another file", "no date", "an instant", "the day of another"],
)
def test_a_pack_that_does_not_agree_with_itself_is_refused(folder: Path, members: dict[str, str]) -> None:
    lines = {
        "pack": "guarantee",
        "version": "v3",
        "effective_from": "2028-01-01",
        "source": "s",
        "rules": "{}",
    }
    text = "\n".join(f"{name}: {value}" for name, value in (lines | members).items() if value)
    (folder / "guarantee" / "v3.yaml").write_text(text)

    with pytest.raises(ValueError, match=r"guarantee|v3"):
        RulePacks(folder)
