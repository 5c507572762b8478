"""Where people read."""

from rich.console import Console

__all__ = ["say", "warn"]

_console = Console(highlight=False)
_messages = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print one line of the result."""
    _console.print(text, markup=False, soft_wrap=True)


def warn(text: str) -> None:
    """Print one line on the error stream."""
    _messages.print(text, markup=False, soft_wrap=True)
