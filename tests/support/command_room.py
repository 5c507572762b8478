"""A folder with a skill and candles, and the command line over it; nothing of the user's own is touched."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from agentic_core.cli.lazy import CommandLine
from agentic_core.cli.services import Services
from agentic_core.system import SystemClock, SystemEntropy, SystemFiles, SystemProcesses
from hosts.cli import DOORS
from tests.support.embedded_postgres import GivenEnvironment
from tests.support.skill_files import skill_text

__all__ = ["NOWHERE", "CommandRoom", "Said", "candle_rows", "services_with"]

NOWHERE = "postgresql://someone:hunter2@127.0.0.1:1/trading"
"""A database where nobody listens."""

_HEADER = "timestamp,open,high,low,close,volume"
_SKILL: Mapping[str, object] = {
    "rules.fast": 2,
    "rules.slow": 4,
    "rules.direction": "both",
    "rules.sizePct": 10,
    "schedule": {"interval": "5m"},
}


class Said:
    """What a command ended with."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


def services_with(variables: Mapping[str, str]) -> Services:
    """Return real services in this environment."""
    return Services(
        clock=SystemClock(),
        entropy=SystemEntropy(),
        environment=GivenEnvironment(variables),
        processes=SystemProcesses(),
        files=SystemFiles(),
    )


def candle_rows(count: int = 60, *, base: int = 100) -> list[list[str]]:
    """Return the rows of five-minute candles that swing, from 2024-01-01 on."""
    rows = []
    for at in range(count):
        first, last = base + at % 7, base + (at + 1) % 7
        time = f"2024-01-01T{at // 12:02}:{at % 12 * 5:02}:00Z"
        rows.append([time, str(first), str(max(first, last) + 1), str(min(first, last) - 1), str(last), "5"])
    return rows


class CommandRoom:
    """A place to run commands in."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], database: str = NOWHERE) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.skill = folder / "skill.json"
        self.candles = folder / "candles.csv"
        self.json = folder / "run.json"
        self.html = folder / "run.html"
        self.environment = {"AGENTIC_HOME": str(self.home), "DATABASE_URL": database}
        self._capsys = capsys
        self.write_skill({})
        self.write_candles(candle_rows())

    def write_skill(self, changes: Mapping[str, object]) -> None:
        """Write the skill with changes by dotted path."""
        self.skill.write_text(skill_text({**_SKILL, **changes}))

    def write_candles(self, rows: Sequence[Sequence[str]], path: Path | None = None) -> None:
        """Write a table of candles."""
        lines = [_HEADER, *(",".join(row) for row in rows)]
        (path or self.candles).write_text("\n".join(lines) + "\n")

    def outputs(self) -> list[str]:
        """Return the options that ask for both files."""
        return ["--json", str(self.json), "--html", str(self.html)]

    def run(self, *arguments: object) -> Said:
        """Run a command line in this process."""
        line = CommandLine(DOORS, lambda: services_with(self.environment), version="0")
        self._capsys.readouterr()
        code = line.run([str(argument) for argument in arguments])
        return Said(code, *self._capsys.readouterr())

    def run_skill(self, command: str, *options: object) -> Said:
        """Run the skill over the candles, asking for both files."""
        return self.run(command, self.skill, "--candles", self.candles, *self.outputs(), *options)

    def names(self) -> set[str]:
        """Return what is in the folder."""
        return {path.name for path in self.folder.iterdir()}
