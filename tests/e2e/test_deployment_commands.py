"""Deploying, looking and ordering from the command line, and a runner at a simulated venue that obeys it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.support.by_hand import execute
from tests.support.command_room import CommandRoom, Said
from tests.support.embedded_postgres import ROOT

pytest_plugins = ["tests.support.postgres"]

AGENTIC = Path(sys.executable).parent / "agentic"


@pytest.fixture
def room(tmp_path: Path, capsys: pytest.CaptureFixture[str], database: str) -> CommandRoom:
    """Give a room whose database is migrated and empty."""
    return CommandRoom(tmp_path, capsys, database)


def deployed(room: CommandRoom) -> str:
    """Deploy the skill on paper, and return the deployment's id."""
    said = room.run("deploy", room.skill, "--paper", "--json")
    assert (said.code, said.err) == (0, "")
    return str(json.loads(said.out)["deployment"]["id"])


def told(said: Said) -> dict[str, object]:
    """Return what a command told programs."""
    assert said.err == ""
    told: dict[str, object] = json.loads(said.out)
    return told


def test_deploy_on_paper_waits_to_be_run(room: CommandRoom, database: str) -> None:
    """The bound, the id and the next step are told; the row is there, and nobody runs it."""
    said = room.run("deploy", room.skill, "--paper")
    ((deployment, status),) = execute(database, "select id::text, status from deployments")
    bound, named, run = said.out.splitlines()
    assert (said.code, said.err, status) == (0, "", "provisioning")
    assert bound.startswith("worst loss by the caps: ")
    assert (named, run) == (f"deployment {deployment}", f"run it: agentic runner {deployment}")


def test_deploy_of_what_waits_already_is_refused(room: CommandRoom, database: str) -> None:
    """The one that is there is named, and what ends it; it is not taken for dead."""
    first = deployed(room)
    said = room.run("deploy", room.skill, "--paper")
    assert (said.code, said.out) == (1, "")
    assert f"{first} is provisioning; end that first: agentic command {first} stop" in said.err
    assert execute(database, "select status from deployments") == [("provisioning",)]


@pytest.mark.parametrize("options", [(), ("--paper", "--mainnet")])
def test_deploy_asks_where(room: CommandRoom, database: str, options: tuple[str, ...]) -> None:
    """Neither money nor paper is a default."""
    said = room.run("deploy", room.skill, *options)
    assert (said.code, said.err) == (2, "error: say where it shall trade: --paper or --mainnet\n")


def test_deploy_on_mainnet_says_all_that_is_missing(room: CommandRoom, database: str) -> None:
    """Nothing is stored, the skill neither."""
    said = room.run("deploy", room.skill, "--mainnet")
    assert said.code == 2
    for missing in ("HYPERLIQUID_LIVE_ENABLED", "AGENTIC_KEY_ENCRYPTION_KEY", "no account is paired", "in a browser"):
        assert missing in said.err
    assert execute(database, "select count(*) from skills") == [(0,)]


def test_deployments_switched_off_are_refused_until_they_are_on(room: CommandRoom, database: str) -> None:
    """The switch for trading is another one."""
    off = told(room.run("platform", "off", "--deployments", "--json"))
    assert off == {"schema": "agentic-platform/1", "trading_disabled": False, "deployments_disabled": True}
    refused = room.run("deploy", room.skill, "--paper")
    assert (refused.code, refused.out) == (2, "")
    assert "agentic platform on --deployments" in refused.err
    assert room.run("platform", "on", "--deployments").out == "trading: on\nnew deployments: on\n"
    deployed(room)


def test_command_without_a_runner_is_queued_and_says_so(room: CommandRoom, database: str) -> None:
    """It stands in the table until somebody runs the deployment."""
    deployment = deployed(room)
    said = room.run("command", deployment[:8], "pause", "--reason", "lunch")
    assert (said.code, said.err) == (0, "")
    first, second = said.out.splitlines()
    assert first == "#1 pause queued"
    assert second.startswith(f"nobody runs {deployment} now; ")
    stored = execute(database, "select kind, state, payload ->> 'reason' from agent_commands")
    assert stored == [("pause", "queued", "lunch")]


def test_command_that_is_waited_for_and_not_obeyed_is_a_problem(room: CommandRoom, database: str) -> None:
    """The time is over, and the command stands."""
    said = room.run("command", deployed(room), "snapshot", "--wait", "--timeout", "0.2")
    assert said.code == 1
    assert "no outcome within 0.2 s; it stands" in said.out


@pytest.mark.parametrize("seconds", ["inf", "nan", "-1", "1e99"])
def test_command_cannot_be_waited_for_for_ever(room: CommandRoom, seconds: str) -> None:
    """In words, and before anything is queued."""
    said = room.run("command", "0c1e", "pause", "--wait", "--timeout", seconds)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error: Invalid value for '--timeout': ")


def test_words_of_others_are_shown_on_a_terminal_and_not_obeyed_by_it(room: CommandRoom) -> None:
    """No colours, no cleared screen, no line that looks like one of ours; programs read them as they are."""
    deployment = deployed(room)
    reason = "lunch\n  status    running \x1b[2J\x9b31m\r[bold]"
    said = room.run("command", deployment, "pause", "--reason", reason)
    assert said.code == 0
    shown = room.run("deployments", "show", deployment).out
    assert r"because lunch\n  status    running \u001b[2J\u009b31m\u000d[bold]" in shown
    assert [line for line in shown.splitlines() if line.startswith("  status")] == ["  status    provisioning"]
    view = told(room.run("deployments", "show", deployment, "--json"))
    assert isinstance(view["commands"], list)
    assert view["commands"][0]["payload"] == {"reason": reason}


def test_list_and_show_tell_programs_and_people_the_same(room: CommandRoom, database: str) -> None:
    """One object for programs, aligned columns with whole ids for people."""
    deployment = deployed(room)
    listed = told(room.run("deployments", "list", "--json"))
    assert isinstance(listed["deployments"], list)
    assert [each["deployment"]["id"] for each in listed["deployments"]] == [deployment]
    lines = room.run("deployments", "list").out.splitlines()
    assert lines[0].split() == ["deployment", "skill", "broker", "status", "equity", "state", "written"]
    assert lines[1].split() == [deployment, "Cross", "v1", "paper", "provisioning"]
    shown = told(room.run("deployments", "show", deployment, "--json"))
    assert (shown["schema"], shown["newest_command"], shown["state"]) == ("agentic-deployment/1", 0, None)


def test_runner_at_a_simulated_venue_obeys_from_pause_to_stop(room: CommandRoom, database: str) -> None:
    """It boots in words, pauses, hands over at Ctrl-C, is taken up again still paused, and stops when it is told to."""
    deployment = deployed(room)
    with started(room, "venue", "--port", "0", "--still") as venue:
        room.environment["HYPERLIQUID_URL"] = address_of(venue)
        with started(room, "runner", deployment) as runner:
            assert "live-runner: status=running; entering tick loop" in heard(runner, "entering tick loop")[-1]
            paused = room.run("command", deployment, "pause", "--wait")
            assert (paused.code, paused.err) == (0, "")
            assert paused.out.splitlines()[-1].startswith("#1 pause applied: paused")
            runner.send_signal(signal.SIGINT)
            assert runner.wait(30) == 0
        with started(room, "runner", deployment) as runner:
            assert "live-runner: status=paused; entering tick loop" in heard(runner, "entering tick loop")[-1]
            shown = room.run("deployments", "show", deployment).out
            assert "  status    paused" in shown
            assert "holds the lease" in shown
            stopped = room.run("command", deployment, "stop", "--wait")
            assert (stopped.code, stopped.err) == (0, "")
            assert runner.wait(30) == 0
    assert execute(database, "select status, desired, error_text from deployments") == [("stopped", "stopped", None)]


def test_process_of_a_machine_logs_json_and_ends_at_once_where_all_is_over(room: CommandRoom, database: str) -> None:
    """A machine that is started again after a stop has nothing to do, and that is no failure."""
    deployment = deployed(room)
    execute(database, "update deployments set status = 'stopped', desired = 'stopped', stopped_at = now()")
    environment = {**room.environment, "DEPLOYMENT_ID": deployment, "PATH": "/usr/bin"}
    command = [sys.executable, "-m", "hosts.runner"]
    done = subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[0]["message"] == f"live-runner: booting deployment {deployment}"
    assert {line["deployment_id"] for line in lines} == {deployment}


@contextmanager
def started(room: CommandRoom, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start the installed command, and kill it at the end where it still runs."""
    environment = {**room.environment, "HOME": str(room.folder), "PATH": "/usr/bin", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [str(AGENTIC), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=room.folder,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def heard(process: subprocess.Popen[str], words: str) -> list[str]:
    """Read what a process prints until a line has these words, and return the lines."""
    lines = []
    for line in output_of(process):
        lines.append(line)
        if words in line:
            return lines
    pytest.fail(f"it ended without {words!r}: {''.join(lines)}")


def output_of(process: subprocess.Popen[str]) -> IO[str]:
    """Return the stream of what a process prints."""
    assert process.stdout is not None
    return process.stdout


def address_of(venue: subprocess.Popen[str]) -> str:
    """Return where the venue says that it listens."""
    return next(word for word in heard(venue, "simulated venue at")[-1].split() if word.startswith("http://"))
