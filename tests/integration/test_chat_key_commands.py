"""`agentic chat key`: a key of a deployment's own, made and taken back at a router on loopback."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from agentic_core.cli.chat_keys import add_keys
from agentic_core.errors import ConfigError, InputError, NotFound
from tests.support.chat_server import KEY
from tests.support.command_room import CommandRoom, services_with

pytest_plugins = ["tests.support.postgres"]

MANAGED = {"OPENROUTER_MANAGEMENT_KEY": KEY}


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str) -> CommandRoom:
    """Give a room whose database is migrated and empty."""
    return CommandRoom(tmp_path, capsys, database)


@contextmanager
def router() -> Iterator[str]:
    """Serve a router in a process of its own, because a command has an event loop of its own."""
    command = [sys.executable, "-m", "tests.support.chat_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def run(room: CommandRoom, url: str, *arguments: str, environment: Mapping[str, str] = MANAGED) -> Result:
    """Run a command of the group."""
    app = typer.Typer(pretty_exceptions_enable=False)
    app.callback()(lambda: None)
    add_keys(app, services_with({**room.environment, **environment}), url=url)
    return CliRunner().invoke(app, ["key", *arguments])


def deployed(room: CommandRoom) -> str:
    """Deploy the skill on paper, and return the deployment's id."""
    said = room.run("deploy", room.skill, "--paper", "--json")
    return str(json.loads(said.out)["deployment"]["id"])


def test_key_is_limited_to_the_cap_of_the_skill_and_taken_back(room: CommandRoom) -> None:
    """The key is printed once, alone on its line; its name takes it back, twice if need be."""
    deployment = deployed(room)
    with router() as url:
        made = run(room, url, "create", deployment)
        named = re.search(r"the router calls (\S+)", made.output.replace("\n", " "))
        assert named is not None
        taken_back = [run(room, url, "revoke", named[1]) for _ in range(2)]
    assert made.exit_code == 0
    assert "may spend 200 USD a month" in made.output.replace("\n", " ")
    assert made.output.splitlines()[-1].startswith("sk-or-handed-out")
    assert [(result.exit_code, "opens nothing any more" in result.output) for result in taken_back] == [(0, True)] * 2


def test_key_takes_the_limit_that_was_typed(room: CommandRoom) -> None:
    """A beginning of the id is enough."""
    deployment = deployed(room)
    with router() as url:
        made = run(room, url, "create", deployment[:8], "--month", "12.5")
    assert "may spend 12.5 USD a month" in made.output.replace("\n", " ")


@pytest.mark.parametrize("month", ["0", "-1", "much"])
def test_key_without_a_limit_is_not_made(room: CommandRoom, month: str) -> None:
    """Nobody is asked."""
    assert isinstance(run(room, "http://127.0.0.1:1", "create", "abcd", "--month", month).exception, InputError)


def test_key_needs_a_management_key_and_a_deployment(room: CommandRoom) -> None:
    """Both are said before anything is made."""
    deployment = deployed(room)
    without = run(room, "http://127.0.0.1:1", "create", deployment, environment={})
    assert isinstance(without.exception, ConfigError)
    assert "OPENROUTER_MANAGEMENT_KEY" in str(without.exception)
    assert isinstance(run(room, "http://127.0.0.1:1", "create", "abcdef").exception, NotFound)
