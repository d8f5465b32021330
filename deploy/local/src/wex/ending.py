"""How a command ends that cannot do what it was asked."""

from typing import NoReturn

import typer
from rich.console import Console


def fail(words: str) -> NoReturn:
    """Say why, and end with 1."""
    Console(stderr=True).print(words, style="red", highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(1)
