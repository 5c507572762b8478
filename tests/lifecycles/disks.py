"""The disk of one machine: what was flushed stays there, whatever becomes of the processes that wrote it."""

import errno
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, cast

from agentic_core.ports.files import FileLock, Files, FileStatus

__all__ = ["FOLDER", "Disk", "Spoiled", "SpoiledFile"]

FOLDER = Path("/journals")

_WHOLE = 1_000
_FILE_MODE = 0o600


class Spoiled(NamedTuple):
    """What becomes of a write that fails."""

    kept: int
    """How much of it is on the disk all the same, in thousandths."""
    is_fatal: bool
    """Whether the machine goes down in the middle of it; otherwise the flush reports an error."""
    zeros: bool = False
    """Whether what is not kept is there as zeros."""


class _Lock:
    # As a file lock is: nobody waits for one here, and it ends with its process.
    descriptor = -1

    def __init__(self, held: set[Path], path: Path) -> None:
        self._held = held
        self._path = path
        self._is_ours = True
        held.add(path)

    def release(self) -> None:
        if self._is_ours:
            self._is_ours = False
            self._held.discard(self._path)


class Disk:
    """Files in memory, of which a process that ends loses nothing that it was told is flushed."""

    def __init__(self) -> None:
        self.contents: dict[Path, bytearray] = {}
        self.spoiled: deque[Spoiled] = deque()
        """What becomes of the next writes."""
        self.spoils = 0
        """How many writes failed."""
        self.torn_at: dict[Path, int] = {}
        """Where files ended after the last write to them that failed."""
        self.on_crash: Callable[[], object] = lambda: None
        """Ends the process that runs here."""
        self._locked: set[Path] = set()

    def as_files(self) -> Files:
        """Return it as what a copy of a journal works on, which uses a part of the port."""
        return cast("Files", self)

    def size(self, path: Path) -> int:
        """Return how much of a file is there."""
        return len(self.contents.get(path, b""))

    def make_folder(self, path: Path, *, mode: int = 0o700) -> None:
        """Make a folder: there is one for everything."""

    def status(self, path: Path) -> FileStatus | None:
        """Look at a path."""
        if path not in self.contents:
            return None
        size = self.size(path)
        return FileStatus(is_folder=False, is_link=False, mode=_FILE_MODE, uid=0, gid=0, size=size, modified_ns=0)

    def open_appendable(self, path: Path, *, mode: int = _FILE_MODE) -> "SpoiledFile":
        """Open a file, made when it is missing."""
        return SpoiledFile(self, path, self.contents.setdefault(path, bytearray()))

    def rename(self, source: Path, target: Path) -> None:
        """Move a file."""
        self.contents[target] = self.contents.pop(source)

    def lock(self, path: Path, *, holder: str, wait_s: float = 0) -> FileLock | None:
        """Lock a file, or return None where it is locked."""
        return None if path in self._locked else _Lock(self._locked, path)


class SpoiledFile:
    """An open file of which a write may fail; after that it takes none any more."""

    def __init__(self, disk: Disk, path: Path, content: bytearray) -> None:
        self._disk = disk
        self._path = path
        self._content = content
        self._is_usable = True

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self._content)

    def read(self, start: int, count: int) -> bytes:
        """Read from a place."""
        return bytes(self._content[start : start + count])

    def append(self, content: bytes) -> None:
        """Add to the end, or fail."""
        self._check()
        spoiled = self._disk.spoiled.popleft() if self._disk.spoiled else None
        if spoiled is None:
            self._content += content
            return
        kept = len(content) * spoiled.kept // _WHOLE
        self._content += content[:kept]
        if spoiled.zeros:
            self._content += bytes(len(content) - kept)
        self._fail(spoiled)

    def cut(self, size: int) -> None:
        """Drop everything from a place on."""
        self._check()
        del self._content[size:]

    def close(self) -> None:
        """Let go of it."""
        self._is_usable = False

    def _fail(self, spoiled: Spoiled) -> None:
        self._is_usable = False
        self._disk.spoils += 1
        self._disk.torn_at[self._path] = len(self._content)
        if spoiled.is_fatal:
            self._disk.on_crash()
        raise OSError(errno.EIO, "Input/output error")

    def _check(self) -> None:
        if not self._is_usable:
            raise OSError(errno.EIO, "an earlier write failed; open the file anew")
