"""Keep results outside the tree as they come, under the hash of everything they depend on."""

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.mutation.parts import digest_of
from tests.mutation.plan import Plan
from tests.mutation.verdicts import Verdict

__all__ = ["Journal", "JournalTaken", "open_journal"]


class JournalTaken(Exception):
    """Another run works on the same sources."""


class Journal:
    """The verdicts of one state of the sources."""

    def __init__(self, folder: Path) -> None:
        """Use a folder."""
        self.folder = folder
        self.parts = folder.parent / "parts"
        """Where all runs keep what they know about tests."""
        self._verdicts = folder / "verdicts.jsonl"

    def forget(self) -> None:
        """Start anew."""
        self._verdicts.unlink(missing_ok=True)

    def verdicts(self) -> dict[str, Verdict]:
        """Return the verdicts so far, by the id of the mutant; a line that was cut short does not count."""
        if not self._verdicts.exists():
            return {}
        lines = self._verdicts.read_bytes().splitlines(keepends=True)
        kept = [msgspec.json.decode(line, type=Verdict) for line in lines if line.endswith(b"\n")]
        return {verdict.id: verdict for verdict in kept}

    def keep(self, verdict: Verdict) -> None:
        """Keep a verdict."""
        with self._verdicts.open("ab") as file:
            file.write(msgspec.json.encode(verdict) + b"\n")


@contextmanager
def open_journal(plan: Plan, files: Sequence[str]) -> Iterator[Journal]:
    """Hold the journal of some target files and of the sources as they are now.

    Raises:
        JournalTaken: another process holds it.
    """
    folder = Path(tempfile.gettempdir()) / f"mutation-{os.getuid()}" / _key(plan, files)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise JournalTaken(f"another run judges the same sources; wait for it, or end it ({folder})") from error
        yield Journal(folder)


def _key(plan: Plan, files: Sequence[str]) -> str:
    chosen = hashlib.sha256("\n".join(files).encode()).hexdigest()[:8]
    return f"{digest_of(plan, without=set())}-{chosen}"
