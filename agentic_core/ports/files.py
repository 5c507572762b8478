"""Files that survive a crash, and locks that do not."""

from pathlib import Path
from typing import Protocol

import msgspec

__all__ = ["AppendableFile", "FileLock", "FileStatus", "Files"]


class FileStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the file system knows about one path, links not followed."""

    is_folder: bool
    is_link: bool
    mode: int
    """Permission bits only, such as 0o700."""

    uid: int
    gid: int
    size: int
    """In bytes."""

    modified_ns: int
    """When the content changed last, by the file system's clock."""


class FileLock(Protocol):
    """An exclusive lock that lasts until we release it and every child that holds its descriptor has ended."""

    @property
    def descriptor(self) -> int:
        """The file descriptor that a child has to keep open to hold the lock with us."""

    def release(self) -> None:
        """Give up our part of the lock; a second call does nothing."""


class AppendableFile(Protocol):
    """An open file that only grows; whatever cannot be done raises OSError."""

    @property
    def size(self) -> int:
        """In bytes, as it is on the disk."""

    def read(self, start: int, count: int) -> bytes:
        """Read so many bytes from a place, fewer where the file ends before."""

    def append(self, content: bytes) -> None:
        """Add to the end, and return once it is on the disk.

        After an error nobody knows how much of it is, and asking the disk once more may be answered wrongly: every
        later call raises OSError, too.
        """

    def cut(self, size: int) -> None:
        """Drop everything from a place on, and return once that is on the disk; errors are as final as `append`'s."""

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""


class Files(Protocol):
    """Reads and changes files; whatever cannot be done raises OSError."""

    def status(self, path: Path) -> FileStatus | None:
        """Look at a path, or return None when nothing is there."""

    def read_bytes(self, path: Path) -> bytes | None:
        """Read a whole file, or return None when there is none."""

    def write_bytes(self, path: Path, content: bytes, *, mode: int = 0o600) -> None:
        """Replace a file in one step and make it durable: after a crash there is the old content or the new."""

    def open_appendable(self, path: Path, *, mode: int = 0o600) -> AppendableFile:
        """Open a file to add to it, made with exactly this mode when missing; a link is refused."""

    def make_folder(self, path: Path, *, mode: int = 0o700) -> None:
        """Make a folder and its missing parents with exactly this mode; folders that exist stay as they are."""

    def copy_tree(self, source: Path, target: Path) -> None:
        """Copy a folder to a path where nothing is yet; modes are kept, owners are not."""

    def remove_tree(self, path: Path) -> None:
        """Remove a folder with all that is in it, a file or a link; nothing happens when nothing is there."""

    def rename(self, source: Path, target: Path) -> None:
        """Move within one file system in one durable step, replacing a file or an empty folder."""

    def link(self, path: Path, target: Path) -> None:
        """Make `path` a symbolic link to `target`, replacing a link that was there, in one durable step."""

    def give_tree(self, path: Path, *, uid: int, gid: int) -> None:
        """Change the owner of a folder with all that is in it, links not followed; only root may give away."""

    def lock(self, path: Path, *, holder: str, wait_s: float = 0) -> FileLock | None:
        """Lock a file that is made when missing, and write into it who holds it until it is released.

        Returns None when someone else still holds the lock after `wait_s`.
        """
