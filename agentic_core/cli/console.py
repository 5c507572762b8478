"""Where people and programs read what a command has to say."""

from typing import Annotated, Final, TypeAlias

import typer
from rich.console import Console

__all__ = ["JsonFlag", "console", "say", "say_line"]

JsonFlag: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]

console = Console(highlight=False)

_SPOKEN: Final = {code: f"\\u{code:04x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
"""What terminals would obey; words of models, venues and people are shown, not obeyed. In JSON it means the same."""


def say(text: str) -> None:
    """Print lines of the result as they are and unbroken, apart from what a terminal would obey."""
    console.print(text.translate(_SPOKEN), markup=False, soft_wrap=True)


def say_line(text: str) -> None:
    """Print one line of the result, whatever ends of lines are in the words that it repeats."""
    say(text.replace("\n", "\\n"))
