"""How long and how often every benchmark measures."""

from dataclasses import dataclass

from rich.console import Console


@dataclass(frozen=True, slots=True)
class Run:
    """`rounds` of each side, interleaved, of `seconds` each; progress goes to the console."""

    rounds: int
    seconds: float
    console: Console
