"""The top of the command line: quick, complete, and in plain words when it is used wrongly."""

import subprocess
import sys
from pathlib import Path

import pytest

from agentic_core.cli.lazy import CommandLine, Door
from agentic_core.cli.services import Services
from hosts.cli import DOORS
from tests.support.command_room import services_with
from tests.support.failing_commands import DOOR

ROOT = Path(__file__).parents[2]
HEAVY = ("typer", "rich", "pydantic", "click", "anyio", "psycopg", "polars", "numpy", "structlog", "httpx")


def no_services() -> Services:
    """Fail: nothing at the top needs a service."""
    pytest.fail("services were made")


def line(doors: dict[str, Door] | None = None) -> CommandLine:
    """Return a command line."""
    return CommandLine(doors or DOORS, no_services, version="1.2.3")


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], [], ["--version"], ["-V"], ["nosuch"]])
def test_top_imports_nothing_that_is_slow(arguments: list[str]) -> None:
    """Help, version and a typing error cost no import of the libraries that commands are made of."""
    program = (
        "import sys\nfrom hosts.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"sys.stdout.write('|' + ','.join(name for name in {HEAVY!r} if name in sys.modules))"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.rpartition("|")[2] == ""


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], [], ["--help", "backtest"]])
def test_help_lists_every_group_with_its_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One row for each door, in their order; nothing is an error."""
    assert line().run(arguments) == 0
    said = capsys.readouterr()
    rows = [row.split(maxsplit=1) for row in said.out.splitlines() if row.startswith("  ")]
    assert [row for row in rows if row[0] in DOORS] == [[name, words] for name, (_, words) in DOORS.items()]
    assert said.err == ""


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_version_is_printed(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for bug reports."""
    assert line().run([flag]) == 0
    assert capsys.readouterr().out == "agentic 1.2.3\n"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("backtset", "error: there is no command 'backtset'; did you mean backtest?\n"),
        ("xyz", "error: there is no command 'xyz'\n"),
        ("--quiet", "error: there is no command '--quiet'\n"),
    ],
)
def test_unknown_command_is_bad_input(typed: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What was typed is repeated, the nearest is offered, and where to look is said."""
    assert line().run([typed]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", hint + "agentic --help lists them\n")


@pytest.mark.parametrize("name", sorted(DOORS))
def test_every_door_is_built_and_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every entry of the table leads to a module that is there; its help is shown and touches no file."""
    host = CommandLine(DOORS, lambda: services_with({}), version="1")
    assert host.run([name, "--help"]) == 0
    assert f"agentic {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ("input", 2, "error: btc.csv:7: gap; add the candle\n"),
        ("config", 2, "error: set DATABASE_URL\n"),
        ("store", 3, "error: it is away\n"),
        ("fenced", 1, "error: someone else trades\n"),
        ("noted", 3, "error: it is away (trace 0123)\n"),
        ("group", 3, "error: it is away\n"),
        ("exit", 7, ""),
        ("interrupt", 130, ""),
        ("nothing", 0, ""),
    ],
)
def test_command_ends_with_the_code_of_its_error_and_one_line(
    how: str, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each kind of trouble has its exit code; an error that a group of tasks wrapped is told alone."""
    assert CommandLine({"fail": DOOR}, lambda: services_with({}), version="1").run(["fail", how]) == code
    assert capsys.readouterr() == ("", words)


@pytest.mark.parametrize(("how", "kind"), [("bug", LookupError), ("mixed", ExceptionGroup)])
def test_command_that_breaks_is_not_passed_off_as_bad_input(how: str, kind: type[Exception]) -> None:
    """A mistake in the program keeps its traceback, also when an expected error stands beside it."""
    with pytest.raises(kind):
        CommandLine({"fail": DOOR}, lambda: services_with({}), version="1").run(["fail", how])


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ([], "'how'"),
        (["x", "stray"], "stray"),
        (["x", "--nosuch"], "--nosuch"),
        (["x", "--times"], "--times"),
        (["x", "--times", "many"], "--times"),
    ],
)
def test_command_that_is_typed_wrongly_is_one_error_with_the_way_to_its_help(
    arguments: list[str], place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trouble with options looks like all other trouble: one line, then where to look."""
    assert CommandLine({"fail": DOOR}, lambda: services_with({}), version="1").run(["fail", *arguments]) == 2
    said = capsys.readouterr()
    first, second = said.err.splitlines()
    assert first.startswith("error: ")
    assert place in first
    assert second == "agentic fail --help tells what it takes"
    assert said.out == ""


@pytest.mark.parametrize("name", ["db", "skill"])
def test_group_without_a_command_shows_its_help_and_is_bad_input(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help is the answer, so no error is added to it."""
    assert CommandLine(DOORS, lambda: services_with({}), version="1").run([name]) == 2
    said = capsys.readouterr()
    assert "Usage: agentic" in said.out
    assert said.err == ""
