"""`agentic hl vectors FILE`: what it prints, and its exit codes."""

import json
from pathlib import Path

import pytest

from agentic_core.cli.lazy import CommandLine
from tests.support.command_room import Said, services_with
from tests.support.signing_vectors import VECTORS_FILE, as_file, vectors_of

_KEY = "0123456789012345678901234567890123456789012345678901234567890123"


class _Terminal:
    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def run(self, file: Path) -> Said:
        line = CommandLine({"hl": ("agentic_hl.cli.hl:build", "")}, lambda: services_with({}), version="0")
        self._capsys.readouterr()
        code = line.run(["hl", "vectors", str(file)])
        return Said(code, *self._capsys.readouterr())


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> _Terminal:
    """Give a command line."""
    return _Terminal(capsys)


def test_given_vectors_are_all_the_same(terminal: _Terminal) -> None:
    """One line, and success."""
    said = terminal.run(VECTORS_FILE)
    assert (said.code, said.out, said.err) == (0, "17 vectors, all the same\n", "")


def test_each_vector_that_differs_is_printed(terminal: _Terminal, tmp_path: Path) -> None:
    """Two planted differences among seventeen: both are named, with what was expected and what was computed."""
    vectors = vectors_of()
    named = {vector["name"]: vector for vector in vectors}
    right = named["test_schedule_cancel_action/no_time"]["action_hash"]
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    named["test_schedule_cancel_action/no_time"]["action_hash"] = wrong
    named["test_l1_action_signing_matches_with_vault"]["expected"]["testnet"]["v"] ^= 7
    file = tmp_path / "vectors.json"
    file.write_bytes(as_file(*vectors))
    said = terminal.run(file)
    assert said.code == 1
    differing = [line for line in said.out.splitlines() if line.endswith(" differs")]
    assert differing == [
        "test_l1_action_signing_matches_with_vault (l1) differs",
        "test_schedule_cancel_action/no_time (l1) differs",
    ]
    assert f"  action_hash: expected {wrong}\n               computed {right}\n" in said.out
    assert "  Testnet signature: expected r 0x" in said.out
    assert said.out.endswith("2 of 17 vectors differ\n")


def test_keys_of_vectors_are_not_printed(terminal: _Terminal, tmp_path: Path) -> None:
    """Somebody's own file may hold a key that is worth something, even one that is no key."""
    vectors = vectors_of("l1")
    for vector in vectors:
        vector["expected"]["mainnet"]["r"] = "0x1"
    vectors[0]["private_key"] = "0x" + _KEY[:-1]
    vectors[1]["private_key"] = "0x" + _KEY[:-1] + "g"
    file = tmp_path / "vectors.json"
    file.write_bytes(as_file(*vectors))
    said = terminal.run(file)
    assert said.code == 1
    assert f"{len(vectors)} of {len(vectors)} vectors differ" in said.out
    assert _KEY[2:20] not in said.out + said.err


@pytest.mark.parametrize("content", ["", "not JSON", json.dumps({"vector": []})])
def test_file_of_something_else_is_bad_input(terminal: _Terminal, tmp_path: Path, content: str) -> None:
    """The file is named, with exit code 2."""
    file = tmp_path / "other.json"
    file.write_text(content)
    said = terminal.run(file)
    assert (said.code, said.out) == (2, "")
    assert "not a file of vectors" in said.err
    assert "other.json" in said.err.replace("\n", "")


def test_missing_file_is_bad_input(terminal: _Terminal, tmp_path: Path) -> None:
    """It is said that it is missing, with exit code 2."""
    said = terminal.run(tmp_path / "missing.json")
    assert (said.code, said.out) == (2, "")
    assert "there is no such file" in said.err.replace("\n", " ")
