"""A disk that fails at a write of the test's choice, with as much of it written as the test says."""

import errno
from pathlib import Path

from agentic_core.system import SystemFiles
from agentic_core.system.appendable import SystemAppendableFile

__all__ = ["BreakingDisk"]


class _BreakingFile(SystemAppendableFile):
    def __init__(self, path: Path, mode: int, disk: "BreakingDisk") -> None:
        super().__init__(path, mode)
        self._disk = disk

    def append(self, content: bytes) -> None:
        """Append, or fail as the test says."""
        kept = self._disk.kept_of_the_next()
        if kept is None:
            super().append(content)
            return
        super().append(content[:kept])
        self._failed = True
        raise OSError(errno.EIO, "Input/output error", str(self._path))


class BreakingDisk(SystemFiles):
    """Real files, one of whose writes fails."""

    def __init__(self) -> None:
        self.appends = 0
        self._fails_at: int | None = None
        self._kept = 0

    def fail_at(self, number: int, *, kept: int = 0) -> None:
        """Let an append fail, counted from 1 over all files, with this many bytes on the disk all the same."""
        self._fails_at, self._kept = number, kept

    def open_appendable(self, path: Path, *, mode: int = 0o600) -> SystemAppendableFile:
        """Open a file of this disk."""
        return _BreakingFile(path, mode, self)

    def kept_of_the_next(self) -> int | None:
        """Count an append, and return what is kept of it where it fails."""
        self.appends += 1
        return self._kept if self.appends == self._fails_at else None
