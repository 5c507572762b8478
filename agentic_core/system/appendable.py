"""A file that only grows, on the real disk."""

import errno
import os
from pathlib import Path
from typing import Final

from agentic_core.system.durable import flush_folder

__all__ = ["SystemAppendableFile"]

_OPEN: Final = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


class SystemAppendableFile:
    """Flushes with `fdatasync`, and trusts the disk no more once it has failed.

    After a failed flush Linux may have thrown the pages away and marked them clean: a second flush then says that all
    is well. So there is none.
    """

    def __init__(self, path: Path, mode: int) -> None:
        """Open a file, made with this mode when it is missing."""
        self._path = path
        self._failed = False
        try:
            self._descriptor = os.open(path, _OPEN | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError:
            self._descriptor = os.open(path, _OPEN)
            return
        try:
            os.fchmod(self._descriptor, mode)  # `open` obeys the umask
            os.fsync(self._descriptor)
            flush_folder(path.parent)
        except BaseException:
            self.close()
            raise

    @property
    def size(self) -> int:
        """In bytes."""
        return os.fstat(self._descriptor).st_size

    def read(self, start: int, count: int) -> bytes:
        """Read so many bytes from a place, fewer where the file ends before."""
        pieces = []
        while count > 0 and (piece := os.pread(self._descriptor, count, start)):
            pieces.append(piece)
            start += len(piece)
            count -= len(piece)
        return b"".join(pieces)

    def append(self, content: bytes) -> None:
        """Add to the end, and return once it is on the disk."""
        self._check()
        left = memoryview(content)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
            os.fdatasync(self._descriptor)
        except BaseException:
            self._failed = True
            raise

    def cut(self, size: int) -> None:
        """Drop everything from a place on, and return once that is on the disk."""
        self._check()
        try:
            os.ftruncate(self._descriptor, size)
            os.fsync(self._descriptor)
        except BaseException:
            self._failed = True
            raise

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _check(self) -> None:
        if self._failed:
            raise OSError(errno.EIO, "an earlier write failed; open the file anew", str(self._path))
