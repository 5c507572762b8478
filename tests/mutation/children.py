"""Do each piece of work in a fork of this process, a few at a time, so that no piece sees what another has imported."""

import os
import shutil
import signal
import sys
import tempfile
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

__all__ = ["Broke", "Ended", "Result", "TimedOut", "run_each"]

Work = TypeVar("Work")

_RESULT = "result.json"
_OUTPUT = "output.txt"
_OUTPUT_SHOWN = 2_000
_TIMERS = {signal.SIGALRM, signal.SIGPROF}


class Result(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What a child found out."""

    value: str


class TimedOut(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A timer that the child had set for itself ran out."""


class Broke(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The child ended without a result: this says nothing about its work, only about the tool."""

    output: str


Ended = Result | TimedOut | Broke


def run_each(
    pieces: Iterable[Work], work: Callable[[Work], str], folder: Path, *, at_once: int
) -> Generator[tuple[Work, Ended], None, None]:
    """Yield each piece with how its child ended, in the order in which children end.

    A piece is looked at when its child starts, and a deque of them may grow meanwhile. Each child has a folder of its
    own for temporary files, and its output goes to a file there. Closing the iterator ends the children that are still
    at work.
    """
    waiting = pieces if isinstance(pieces, deque) else deque(pieces)
    running: dict[int, tuple[Work, Path]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                piece = waiting.popleft()
                place = Path(tempfile.mkdtemp(dir=folder))
                running[_start(piece, work, place)] = piece, place
            child, status = os.wait()
            if child in running:
                piece, place = running.pop(child)
                ended = _ended(place, os.waitstatus_to_exitcode(status))
                shutil.rmtree(place, ignore_errors=True)
                yield piece, ended
    finally:
        for child in running:
            with suppress(ProcessLookupError, ChildProcessError):  # an interrupt may come just after a child was reaped
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _start(piece: Work, work: Callable[[Work], str], place: Path) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        _settle(place)
        (place / _RESULT).write_text(work(piece))
        code = 0
    finally:
        if code:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # a fork must not run the exit handlers of its parent


def _settle(place: Path) -> None:
    for number in _TIMERS:
        signal.signal(number, signal.SIG_DFL)
    output = os.open(place / _OUTPUT, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    tempfile.tempdir = str(place)


def _ended(place: Path, code: int) -> Ended:
    if code == 0:
        return Result(value=(place / _RESULT).read_text())
    if -code in _TIMERS:
        return TimedOut()
    output = (place / _OUTPUT).read_text(errors="replace")
    return Broke(output=f"{output[-_OUTPUT_SHOWN:]}\nended with {code}")
