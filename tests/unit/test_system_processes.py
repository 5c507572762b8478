"""Real child processes: how they start, what they see, and that none outlives us."""

import os
import select
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from agentic_core.ports.processes import (
    Child,
    Finished,
    Identity,
    IdentityRefused,
    Launch,
    MappedUser,
    OtherUser,
    SameUser,
    Signal,
    TimedOut,
)
from agentic_core.system import SystemProcesses

PROCESSES = SystemProcesses()


def shell(script: str, identity: Identity | None = None) -> Launch:
    """Launch a shell script."""
    command = ("/bin/sh", "-c", script)
    return Launch(command=command, environment={"PATH": "/usr/bin:/bin"}, identity=identity or SameUser())


def run(launch: Launch) -> Finished | TimedOut | IdentityRefused:
    """Run with a generous time-out."""
    return PROCESSES.run(launch, timeout_s=30)


def test_run_returns_exit_code_and_both_outputs_in_order() -> None:
    """Standard output and error arrive together."""
    outcome = run(shell("echo one; echo two >&2; echo three; exit 3"))
    assert outcome == Finished(exit_code=3, output="one\ntwo\nthree\n")


def test_run_killed_by_a_signal_has_its_negative_number() -> None:
    """A child that a signal ended says which."""
    assert run(shell("kill -TERM $$")) == Finished(exit_code=-15, output="")


def test_run_program_that_does_not_exist_says_so() -> None:
    """The exit code is the shell's, and the output names the program."""
    outcome = run(Launch(command=("/nowhere/program",), environment={}))
    assert outcome == Finished(exit_code=127, output="/nowhere/program cannot be run: No such file or directory\n")


def test_run_that_takes_too_long_is_killed_with_its_children() -> None:
    """The time-out returns what was written so far, and the grandchild does not go on."""
    outcome = PROCESSES.run(shell("sleep 60 & echo $!; wait"), timeout_s=1)
    assert isinstance(outcome, TimedOut)
    grandchild = int(outcome.output)
    assert gone(grandchild)


def test_child_sees_the_given_environment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of ours is inherited, and the working folder is the given one."""
    monkeypatch.setenv("AGENTIC_TEST_SECRET", "secret")
    launch = Launch(command=("/usr/bin/env",), environment={"ONLY": "this"}, folder=tmp_path)
    outcome = run(launch)
    assert isinstance(outcome, Finished)
    assert outcome.output == "ONLY=this\n"
    folder = run(Launch(command=("/bin/pwd",), environment={}, folder=tmp_path))
    assert folder == Finished(exit_code=0, output=f"{tmp_path}\n")


def test_child_starts_with_no_signal_ignored_or_blocked() -> None:
    """What a background shell or a host ignores and blocks is restored for the child."""
    program = (
        "import signal\nfrom agentic_core.ports.processes import Launch\n"
        "from agentic_core.system import SystemProcesses\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
        "launch = Launch(command=('/bin/cat', '/proc/self/status'), environment={})\n"
        "print(SystemProcesses().run(launch, timeout_s=30).output)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    masks = dict(line.split(":\t") for line in done.stdout.splitlines() if line.startswith("Sig") and "Q" not in line)
    # The two numbers that stay set belong to the C library's threads.
    assert int(masks["SigBlk"], 16) == 0
    assert int(masks["SigIgn"], 16) & 0x7FFFFFFF == 0


def test_child_as_mapped_user_sees_itself_under_another_number() -> None:
    """In its own namespace the child is who it was told to be, or the system forbids it in words."""
    outcome = run(shell("id -u; id -g", MappedUser(uid=4321, gid=1234)))
    if isinstance(outcome, IdentityRefused):
        pytest.skip(outcome.reason)
    assert outcome == Finished(exit_code=0, output="4321\n1234\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
def test_child_as_other_user_keeps_nothing_of_root() -> None:
    """User, group and further groups are the other user's."""
    outcome = run(shell("id -u; id -g; id -G", OtherUser(uid=4321, gid=1234)))
    assert outcome == Finished(exit_code=0, output="4321\n1234\n1234\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root can become someone else")
def test_child_as_other_user_is_refused_to_ordinary_users() -> None:
    """Nobody but root gives its children to someone else."""
    outcome = run(shell("id -u", OtherUser(uid=4321, gid=1234)))
    assert isinstance(outcome, IdentityRefused)
    assert "switching to another user is not permitted" in outcome.reason


def test_started_child_writes_to_its_file_and_ends_on_a_signal(tmp_path: Path) -> None:
    """Output is appended to a private file; a signal after the end is harmless."""
    output = tmp_path / "child.log"
    output.write_text("before\n")
    child = PROCESSES.start(
        shell("trap 'echo stopped; exit 7' TERM; echo ready; while :; do sleep 0.05; done"), output=output
    )
    assert child.wait(0.01) is None
    wait_for("ready", output, child)
    child.signal(Signal.TERMINATE)
    assert child.wait(30) == 7
    child.signal(Signal.KILL)
    assert output.read_text() == "before\nready\nstopped\n"


def test_started_child_outlives_the_thread_that_asked_for_it(tmp_path: Path) -> None:
    """The kernel ties a child to a thread, and the one that asked may end at once."""
    children: list[Child] = []
    launch = Launch(command=("/bin/sleep", "60"), environment={})
    thread = threading.Thread(target=lambda: children.append(PROCESSES.start(launch, output=tmp_path / "log")))
    thread.start()
    thread.join()
    assert children[0].wait(0.3) is None
    children[0].signal(Signal.KILL)
    assert children[0].wait(30) == -9


@pytest.mark.parametrize("ending", ["os._exit(0)", "os.kill(os.getpid(), 9)", "sys.exit()", "os.abort()"])
def test_started_child_ends_with_its_parent_however_that_ends(tmp_path: Path, ending: str) -> None:
    """No way of ending leaves the child behind."""
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom agentic_core.ports.processes import Launch\n"
        "from agentic_core.system import SystemProcesses\n"
        "launch = Launch(command=('/bin/sleep', '60'), environment={})\n"
        f"child = SystemProcesses().start(launch, output=Path({str(tmp_path / 'log')!r}))\n"
        f"print(child.pid, flush=True)\n{ending}\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
    assert gone(pid)


def test_processes_tells_who_is_alive_and_what_it_runs(tmp_path: Path) -> None:
    """A running child is alive under its command line; after its end it is neither, even before we waited for it."""
    script = "echo ready; while :; do sleep 0.05; done"
    child = PROCESSES.start(shell(script), output=tmp_path / "log")
    wait_for("ready", tmp_path / "log", child)
    assert PROCESSES.is_alive(child.pid)
    assert PROCESSES.is_alive(PROCESSES.own_pid())
    assert PROCESSES.command_of(child.pid) == ("/bin/sh", "-c", script)
    child.signal(Signal.KILL)
    assert gone(child.pid)
    assert not PROCESSES.is_alive(child.pid)
    assert PROCESSES.command_of(child.pid) == ()
    assert child.wait() == -9
    assert not PROCESSES.is_alive(child.pid)


def test_processes_knows_the_users_of_the_system() -> None:
    """Users are found by number and by name; strangers are None."""
    root = PROCESSES.account(0)
    assert root is not None
    assert PROCESSES.account(root.name) == root
    assert PROCESSES.account("no-such-user") is None
    assert PROCESSES.account(4_000_000_001) is None
    assert PROCESSES.effective_uid() == os.geteuid()


def gone(pid: int) -> bool:
    """Wait at most a second for the end of a process."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 1)[0])
    finally:
        os.close(descriptor)


def wait_for(text: str, path: Path, child: Child) -> None:
    """Wait until a running child has written something."""
    while text not in path.read_text():
        assert child.wait(0.01) is None
