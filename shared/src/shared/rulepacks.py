"""Rule packs: rules as dated data with their source; chosen by date, recorded with each decision."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class RulePack:
    """One version of a pack: in force from `effective_from` until the next version's day."""

    name: str
    version: str
    effective_from: date
    source: str
    rules: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule decided: enough to explain it and to run it again."""

    rule_pack: str
    version: str
    reason_codes: tuple[str, ...]
    inputs: dict[str, Any]


class RulePacks:
    """The packs of a folder, `<pack>/<version>.yaml`: pack, version, effective_from, source, rules."""

    def __init__(self, folder: Path) -> None:
        packs: dict[str, list[RulePack]] = {}
        for path in sorted(folder.glob("*/*.yaml")):
            pack = _read(path)
            packs.setdefault(pack.name, []).append(pack)
        self._packs = {name: sorted(each, key=lambda p: p.effective_from) for name, each in packs.items()}
        for name, each in self._packs.items():
            if len({pack.effective_from for pack in each}) < len(each):
                raise ValueError(f"two versions of {name} begin on the same day")

    def on(self, name: str, day: date) -> RulePack:
        """The pack's version in force on `day`. Raises `LookupError` before its first."""
        in_force = [pack for pack in self._packs[name] if pack.effective_from <= day]
        if not in_force:
            raise LookupError(f"no version of {name} is in force on {day}")
        return in_force[-1]

    def version(self, name: str, version: str) -> RulePack:
        """A named version: to run an earlier decision again. Raises `LookupError`."""
        for pack in self._packs[name]:
            if pack.version == version:
                return pack
        raise LookupError(f"{name} has no version {version}")

    def all(self) -> list[RulePack]:
        """Every version of every pack, by name and day."""
        return [pack for name in sorted(self._packs) for pack in self._packs[name]]


def _read(path: Path) -> RulePack:
    content = yaml.safe_load(path.read_text())
    try:
        pack = RulePack(
            name=content["pack"],
            version=str(content["version"]),
            effective_from=content["effective_from"],
            source=content["source"],
            rules=content["rules"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name}: a rule pack needs {error}") from error
    if type(pack.effective_from) is not date or path.parent.name != pack.name or path.stem != pack.version:
        raise ValueError(f"{path}: folder, file name and effective_from must agree with the pack")
    return pack
