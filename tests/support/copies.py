"""A journal in memory, the copies of it on a disk, and what was said about them."""

from collections.abc import Sequence
from pathlib import Path

import anyio

from agentic_core.domain import DeploymentId
from agentic_core.domain.journal import JournalEntry
from agentic_core.logevents import LogEvent, LogLevel
from agentic_core.ports.files import Files
from agentic_core.store.journal_copy import JournalCopy, copy_path
from agentic_core.store.memory import MemoryStore
from agentic_core.system import SystemFiles
from tests.support.journal_story import tell_story
from tests.support.stored_values import AT

__all__ = ["Desk", "line_of_entry", "story"]


class Desk:
    """A folder with a copy, and whoever opens it."""

    def __init__(self, folder: Path, run: DeploymentId) -> None:
        self.folder = folder
        self.run = run
        self.path = copy_path(folder, run)
        self.said: list[LogEvent] = []

    def say(self, event: LogEvent, message: str, *, level: LogLevel = LogLevel.INFO, **facts: str | int | None) -> None:
        """Keep the name of what was said."""
        self.said.append(event)

    def open(self, files: Files | None = None) -> JournalCopy:
        """Open the copy on a disk."""
        return JournalCopy.open(self.folder, self.run, files=files or SystemFiles(), say=self.say)

    def write(self, entries: Sequence[JournalEntry]) -> bytes:
        """Append entries one by one, and return what the file holds then."""
        copy = self.open()
        for entry in entries:
            copy.append([entry])
        copy.close()
        return self.path.read_bytes()


def line_of_entry(entry: JournalEntry) -> bytes:
    """Return the line of an entry as it stands in a frame."""
    return f"{entry.hash} {entry.record}\n".encode()


def story() -> tuple[MemoryStore, DeploymentId, tuple[JournalEntry, ...]]:
    """Tell the story to a store in memory, and return it with the deployment and its journal."""
    store = MemoryStore(lambda: AT, journaled=True)
    run = anyio.run(tell_story, store)
    entries = anyio.run(store.journal.after, run, 0, 1_000)
    return store, run, entries
