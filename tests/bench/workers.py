"""Processes that do something whenever a bench tells them to, one line of JSON each way."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

__all__ = ["Worker", "attend", "hired", "tell"]

_ROOT = Path(__file__).parents[2]
_FAREWELL_S = 10


class Worker:
    """One such process, as the bench sees it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def ask(self, *words: object) -> Any:  # noqa: ANN401 - JSON, whatever the two agreed on
        """Tell it something and return what it answers."""
        self.tell(*words)
        return self.hear()

    def tell(self, *words: object) -> None:
        """Tell it something."""
        assert self._process.stdin is not None, "it was started with a pipe"
        self._process.stdin.write(msgspec.json.encode(words) + b"\n")
        self._process.stdin.flush()

    def hear(self) -> Any:  # noqa: ANN401 - the same
        """Return its next line.

        Raises:
            RuntimeError: it ended instead.
        """
        assert self._process.stdout is not None, "it was started with a pipe"
        line = self._process.stdout.readline()
        if not line:
            message = f"a process of the bench ended with {self._process.wait()}; its errors stand above"
            raise RuntimeError(message)
        return msgspec.json.decode(line)


@contextmanager
def hired(*arguments: str) -> Iterator[Worker]:
    """Run Python with these arguments until the block ends."""
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT) as process:
        try:
            yield Worker(process)
        finally:
            assert process.stdin is not None, "it was started with a pipe"
            process.stdin.close()  # at the end of its input a worker ends
            try:
                process.wait(_FAREWELL_S)
            except subprocess.TimeoutExpired:
                process.kill()


def attend(answer: Callable[..., object]) -> None:
    """Be such a process: answer each line until there are no more."""
    for line in sys.stdin.buffer:
        tell(answer(*msgspec.json.decode(line)))


def tell(content: object) -> None:
    """Write one line to the bench."""
    sys.stdout.buffer.write(msgspec.json.encode(content) + b"\n")
    sys.stdout.buffer.flush()
