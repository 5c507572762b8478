"""What every keeper of processes promises: children that see what they are given, end as they say, and never stay."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentic_core.ports.processes import (
    Account,
    Finished,
    Identity,
    IdentityRefused,
    Launch,
    OtherUser,
    Processes,
    SameUser,
    Signal,
    TimedOut,
)
from agentic_core.system import SystemProcesses
from tests.support.embedded_postgres import StrictProcesses

PORTS = ("agentic_core.ports.processes.Processes", "agentic_core.ports.processes.Child")

IMPLEMENTATIONS: dict[str, Callable[[], Processes]] = {"system": SystemProcesses, "strict": StrictProcesses}
"""The real ones, and those that forbid identities, here none."""


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def processes(request: pytest.FixtureRequest) -> Processes:
    """Give each implementation in turn."""
    return IMPLEMENTATIONS[request.param]()


def shell(script: str, *, folder: Path | None = None, identity: Identity | None = None) -> Launch:
    """Launch a shell script that sees a path and nothing else."""
    return Launch(
        command=("/bin/sh", "-c", script),
        environment={"PATH": "/usr/bin:/bin"},
        folder=folder,
        identity=identity or SameUser(),
    )


def test_own_process_is_alive_and_known(processes: Processes) -> None:
    """Who we are is what the system says."""
    assert processes.own_pid() == os.getpid()
    assert processes.effective_uid() == os.geteuid()
    assert processes.is_alive(processes.own_pid())
    assert processes.command_of(processes.own_pid())[0] == sys.orig_argv[0]


def test_account_is_found_by_name_and_by_number(processes: Processes) -> None:
    """Root is known everywhere; nobody is called like this."""
    assert processes.account("root") == processes.account(0) == Account(name="root", uid=0, gid=0)
    assert processes.account("no such user") is None
    assert processes.account(4_000_000_000) is None


def test_run_tells_exit_code_and_output(processes: Processes) -> None:
    """Both streams in order, whatever the code."""
    script = "echo out; echo err >&2; echo out again; exit 5"
    assert processes.run(shell(script), timeout_s=30) == Finished(exit_code=5, output="out\nerr\nout again\n")


def test_run_child_that_a_signal_ends_has_its_negative_number(processes: Processes) -> None:
    """It did not end by itself, and which signal it was is told."""
    assert processes.run(shell("kill -KILL $$"), timeout_s=30) == Finished(exit_code=-9, output="")


def test_run_that_takes_too_long_is_over_after_its_time(processes: Processes) -> None:
    """What was written until then is kept."""
    outcome = processes.run(shell("echo early; exec sleep 60"), timeout_s=0.5)
    assert outcome == TimedOut(output="early\n")


def test_run_as_a_user_we_may_not_become_is_refused(processes: Processes) -> None:
    """The program never runs; root may become anybody, so nothing is refused to it."""
    outcome = processes.run(shell("echo ran", identity=OtherUser(uid=65_534, gid=65_534)), timeout_s=30)
    if os.geteuid() == 0:
        assert outcome == Finished(exit_code=0, output="ran\n")
    else:
        assert isinstance(outcome, IdentityRefused)


def test_strict_processes_refuse_what_is_forbidden() -> None:
    """A system that forbids an identity does so in the words of the port."""
    strict = StrictProcesses(OtherUser)
    outcome = strict.run(shell("echo ran", identity=OtherUser(uid=1, gid=1)), timeout_s=30)
    assert isinstance(outcome, IdentityRefused)


def test_child_sees_its_environment_and_folder_and_no_input(processes: Processes, tmp_path: Path) -> None:
    """Nothing is inherited, and reading from the terminal ends at once."""
    script = "pwd; env | grep -v '^PWD=' | grep -v '^_=' | grep -v '^SHLVL=' | grep -v '^OLDPWD='; cat; echo end"
    outcome = processes.run(shell(script, folder=tmp_path), timeout_s=30)
    assert outcome == Finished(exit_code=0, output=f"{tmp_path}\nPATH=/usr/bin:/bin\nend\n")


def test_child_is_waited_for_signalled_and_gone(processes: Processes, tmp_path: Path) -> None:
    """It lives until it is told to end; the wait then knows how it ended, and asking again changes nothing."""
    child = processes.start(shell("echo up; exec sleep 60"), output=tmp_path / "log")
    assert child.wait(0) is None
    assert processes.is_alive(child.pid)
    assert child.pid != processes.own_pid()
    child.signal(Signal.TERMINATE)
    assert child.wait(30) == -15
    assert child.wait() == -15
    assert not processes.is_alive(child.pid)
    assert processes.command_of(child.pid) == ()
    child.signal(Signal.KILL)


def test_child_output_is_appended_to_its_file(processes: Processes, tmp_path: Path) -> None:
    """What an earlier child wrote stays; both streams arrive."""
    log = tmp_path / "log"
    for word in ("first", "second"):
        assert processes.start(shell(f"echo {word}; echo {word} >&2"), output=log).wait(30) == 0
    assert log.read_text() == "first\nfirst\nsecond\nsecond\n"


def test_child_holds_the_descriptors_it_is_given_and_no_others(processes: Processes, tmp_path: Path) -> None:
    """A pipe stays open in a child that was given its end, under the same number, and in no other."""
    given, kept = os.pipe()
    try:
        script = f"echo here > /proc/self/fd/{kept}"
        launch = Launch(command=("/bin/sh", "-c", script), environment={}, keep_open=(kept,))
        assert processes.run(launch, timeout_s=30) == Finished(exit_code=0, output="")
        assert os.read(given, 99) == b"here\n"
        outcome = processes.run(shell(script), timeout_s=30)
        assert isinstance(outcome, Finished)
        assert outcome.exit_code != 0
    finally:
        os.close(given)
        os.close(kept)


def test_children_run_in_sessions_of_their_own(processes: Processes, tmp_path: Path) -> None:
    """An interrupt that is typed at our terminal does not reach them."""
    child = processes.start(shell("exec sleep 60"), output=tmp_path / "log")
    try:
        assert os.getsid(child.pid) == child.pid
    finally:
        child.signal(Signal.KILL)
        assert child.wait(30) == -9


def test_process_that_never_was_is_not_alive(processes: Processes) -> None:
    """No process has this number, and there is no command line to see."""
    assert not processes.is_alive(2**22 + 1)
    assert processes.command_of(2**22 + 1) == ()
