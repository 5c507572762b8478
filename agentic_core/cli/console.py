"""Where people and programs read what a command has to say."""

from typing import Annotated, TypeAlias

import typer
from rich.console import Console

__all__ = ["JsonFlag", "console", "say"]

JsonFlag: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]

console = Console(highlight=False)


def say(text: str) -> None:
    """Print one line of the result, as it is and unbroken."""
    console.print(text, markup=False, soft_wrap=True)
