"""`agentic simulate protocol`: what it prints, for people and for programs, and its exit codes."""

import json
from pathlib import Path

import pytest

from tests.support.command_room import CommandRoom


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> CommandRoom:
    """Give a room without a database."""
    return CommandRoom(tmp_path, capsys)


def test_full_design_says_what_was_explored(room: CommandRoom) -> None:
    """One line, and success; a budget that ends early is said."""
    said = room.run("simulate", "protocol", "--states", 2_000)
    assert said.code == 0
    assert said.out.startswith("the full design (small): 2,")
    assert said.out.endswith("nothing is broken so far; the budget ended before the states did\n")


def test_ablation_prints_its_timeline(room: CommandRoom) -> None:
    """Numbered steps, what they break, and success, because it had to break."""
    said = room.run("simulate", "protocol", "--ablation", "naive-kill")
    lines = said.out.splitlines()
    assert said.code == 0
    assert lines[0] == "1. somebody orders a kill"
    assert lines[-2] == "=> broken: after a kill reported flat the account is flat and stays so"
    assert "broken in 7 steps" in lines[-1]


def test_ablation_that_breaks_nothing_is_a_problem(room: CommandRoom) -> None:
    """Within five states it cannot have found anything, and that is exit code 1."""
    said = room.run("simulate", "protocol", "--ablation", "no-deadline", "--states", 5)
    assert said.code == 1
    assert "the budget ended before the states did" in said.out


def test_json_is_one_object_for_programs(room: CommandRoom) -> None:
    """With the schema, a row for each check, and the steps of what broke."""
    said = room.run("simulate", "protocol", "--ablation", "error-is-rejection", "--json")
    answer = json.loads(said.out)
    assert (said.code, answer["schema"]) == (0, "agentic-protocol/1")
    (row,) = answer["checks"]
    assert (row["config"], row["ablation"], row["passed"]) == ("small", "error-is-rejection", True)
    assert row["broken"] == "no attempt written dead or rejected ever has a fill"
    assert len(row["steps"]) == 5
    assert row["steps"][-1] == "open 1 arrives and is FILLED"


def test_json_of_the_full_design_has_nothing_broken(room: CommandRoom) -> None:
    """An empty place stands where a counterexample would."""
    said = room.run("simulate", "protocol", "--states", 100, "--seconds", 60, "--json")
    (row,) = json.loads(said.out)["checks"]
    assert (row["ablation"], row["broken"], row["steps"], row["complete"]) == (None, None, None, False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--ablation", "nothing"], "'nothing' is not one of 'error-is-rejection'"),
        (["--config", "huge"], "'huge' is not one of 'small', 'deadline', 'full'"),
        (["--all-ablations", "--ablation", "naive-kill"], "say different things; give one of them"),
        (["--states", "0"], "--states"),
    ],
)
def test_options_that_cannot_be_are_refused(room: CommandRoom, arguments: list[str], words: str) -> None:
    """Bad input, in a line that names it."""
    said = room.run("simulate", "protocol", *arguments)
    assert said.code == 2
    assert words in said.err
