"""What the owner of a database types: `agentic`, and the programs of PostgreSQL that come with the embedded one."""

import io
import json
import subprocess
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from agentic_core.cli.lazy import CommandLine
from agentic_core.store.embedded.binaries import find_binaries
from hosts.cli import DOORS
from tests.support.command_room import services_with

__all__ = ["Owner", "Said", "program"]


class Said(NamedTuple):
    """What a command ended with."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Mapping[str, object]:
        """The object that it printed for programs."""
        answer = json.loads(self.out)
        assert isinstance(answer, dict)
        return answer


class Owner:
    """Somebody with a shell, in which nothing is found on PATH."""

    def __init__(self, dsn: str, home: Path) -> None:
        """Take the address that is set in the shell, and where local state would be."""
        self._variables = {"DATABASE_URL": dsn, "AGENTIC_HOME": str(home), "PATH": ""}

    def agentic(self, *arguments: object) -> Said:
        """Run one command."""
        out, err = io.StringIO(), io.StringIO()
        line = CommandLine(DOORS, lambda: services_with(self._variables), version="1")
        with redirect_stdout(out), redirect_stderr(err):
            code = line.run([str(argument) for argument in arguments])
        return Said(code, out.getvalue(), err.getvalue())


def program(name: str, *arguments: object) -> None:
    """Run a program of PostgreSQL, which has to end well."""
    command = [find_binaries().program(name), *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
