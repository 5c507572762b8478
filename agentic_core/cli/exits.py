"""What a program of its own ends with, where no command line stands around it."""

import sys
from collections.abc import Callable

from agentic_core.errors import AgenticError

__all__ = ["run_program"]


def run_program(name: str, main: Callable[[], int]) -> int:
    """Run a program, and say what it ends with: one line for an error of ours, which also has its exit code."""
    try:
        return main()
    except AgenticError as error:
        return _refused(name, error)
    except ExceptionGroup as group:
        ours, others = group.split(AgenticError)
        if ours is None or others is not None:
            raise
        return _refused(name, _first(ours))


def _refused(name: str, error: AgenticError) -> int:
    sys.stderr.write(f"{name}: {error}\n")
    return error.exit_code


def _first(group: ExceptionGroup[AgenticError]) -> AgenticError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error
