"""A command line whose groups are imported only when they are called.

The top is a plain table, so that `agentic --help` imports neither typer nor rich; everything below it is typer's.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Protocol, runtime_checkable

from agentic_core.cli.services import Services
from agentic_core.errors import AgenticError

__all__ = ["CommandLine", "Door"]

Door = tuple[str, str]
"""Where a group is built, as `module:function`, and one line of help."""

_ABOUT = "Backtest skills, run them on paper, and trade them behind a deterministic risk engine."


class CommandLine:
    """The top of the command line: a table of doors."""

    def __init__(self, doors: Mapping[str, Door], services: Callable[[], Services], *, version: str) -> None:
        """Take the table and what makes the services; nothing is imported or opened yet."""
        self._doors = doors
        self._services = services
        self._version = version

    def run(self, arguments: Sequence[str]) -> int:
        """Run a command line and return its exit code.

        0 is done, 1 ran and found a problem, 2 bad input, 3 something outside is unavailable.
        """
        match list(arguments):
            case [] | ["-h" | "--help", *_]:
                sys.stdout.write(self.help())
                return 0
            case ["-V" | "--version", *_]:
                sys.stdout.write(f"agentic {self._version}\n")
                return 0
            case [name, *rest] if name in self._doors:
                return self._enter(name, rest)
            case [name, *_]:
                sys.stderr.write(self._unknown(name))
                return 2
            case _:
                return 2

    def help(self) -> str:
        """Return the table of groups."""
        width = max(map(len, self._doors))
        rows = (f"  {name:<{width}}  {line}" for name, (_, line) in self._doors.items())
        lines = ("Usage: agentic COMMAND [OPTIONS]", "", f"  {_ABOUT}", "", "Commands:", *rows)
        tail = ("", "Options:", "  -V, --version  Show the version.", "  -h, --help     Show this table.", "")
        return "\n".join((*lines, *tail, "agentic COMMAND --help tells more about one.", ""))

    def _enter(self, name: str, arguments: Sequence[str]) -> int:
        from typer.main import get_command  # noqa: PLC0415 - typer is not needed for --help

        module, _, function = self._doors[name][0].partition(":")
        try:
            command = get_command(getattr(import_module(module), function)(self._services()))
            code = command.main(args=list(arguments), prog_name=f"agentic {name}", standalone_mode=False)
        except AgenticError as error:
            return _refused(error)
        except ExceptionGroup as group:
            ours = group.subgroup(AgenticError)
            if ours is None or group.subgroup(lambda error: not isinstance(error, AgenticError | ExceptionGroup)):
                raise
            return _refused(_first(ours))
        except Exception as error:
            if not isinstance(error, _Misuse):
                raise
            return _misused(name, error)
        except SystemExit as stop:  # typer's answer to a reader that went away
            return stop.code if isinstance(stop.code, int) else 0
        return code if isinstance(code, int) else 0

    def _unknown(self, name: str) -> str:
        near = get_close_matches(name, self._doors, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"error: there is no command {name!r}{hint}\nagentic --help lists them\n"


@runtime_checkable
class _Misuse(Protocol):
    # What typer raises about options and arguments. Its classes move between modules from release to release, their
    # shape has not.
    exit_code: int

    def format_message(self) -> str: ...


def _misused(name: str, error: _Misuse) -> int:
    message = error.format_message()
    if message.strip():  # empty where the help of the group was printed instead
        sys.stderr.write(f"error: {message}\nagentic {name} --help tells what it takes\n")
    return error.exit_code


def _refused(error: AgenticError) -> int:
    notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    sys.stderr.write(f"error: {error}{notes}\n")
    return error.exit_code


def _first(group: ExceptionGroup[AgenticError]) -> AgenticError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error
