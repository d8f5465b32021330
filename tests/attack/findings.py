"""What an attack tried and what it broke: as a table, and line by line for machines."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from wex.folders import usual_state

_SHOWN = 12


@dataclass
class Attack:
    """One kind of attack: how often it was tried, everything that gave way, and what was measured."""

    name: str
    what: str
    tried: int = 0
    broken: list[str] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    seconds: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def expect(self, holds: bool, told: str) -> None:
        """Count one try; `told` says what broke where it does not hold."""
        self.tried += 1
        if not holds:
            self.broken.append(told)

    def over(self) -> "Attack":
        """This attack has ended."""
        self.seconds = time.monotonic() - self.began
        return self


def percentile(values: list[float], part: int) -> float:
    """The value that so many of a hundred do not exceed; 0 of none."""
    return sorted(values)[min(len(values) * part // 100, len(values) - 1)] if values else 0.0


def report_file() -> Path:
    """Where the last run is told, one JSON object a line."""
    folder = usual_state() / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "attack.jsonl"


def write(attacks: Iterable[Attack], file: Path) -> None:
    """One line for each attack, and one for everything it broke."""
    lines = []
    for each in attacks:
        told = {"tried": each.tried, "broken": len(each.broken), "seconds": each.seconds, "facts": each.facts}
        lines.append({"attack": each.name, **told})
        lines += [{"attack": each.name, "broke": told} for told in each.broken]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


def show(attacks: list[Attack], console: Console) -> None:
    """The table, and beneath it what broke."""
    table = Table("attack", "what", "tried", "broken", "s", title="Attacks on the running platform")
    for column in table.columns[2:]:
        column.justify = "right"
    for each in attacks:
        colour = "red" if each.broken else "green"
        broken = f"[{colour}]{len(each.broken):,}[/]"
        table.add_row(each.name, each.what, f"{each.tried:,}", broken, f"{each.seconds:.1f}")
    console.print(table)
    for each in attacks:
        for fact in each.facts:
            console.print(f"[dim]{each.name}: {escape(fact)}[/]", soft_wrap=True)
    for each in attacks:
        for told in each.broken[:_SHOWN]:
            console.print(f"[red]{each.name}[/]: {escape(told)}", soft_wrap=True)
        if (more := len(each.broken) - _SHOWN) > 0:
            console.print(f"[red]{each.name}[/]: and {more} more, see {report_file()}", soft_wrap=True)
