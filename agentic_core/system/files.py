"""The real file system."""

import fcntl
import os
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

from agentic_core.ports.files import FileStatus
from agentic_core.system.appendable import SystemAppendableFile
from agentic_core.system.durable import flush_folder

__all__ = ["SystemFileLock", "SystemFiles"]

_LOCK_POLL_S = 0.005


class SystemFileLock:
    """A lock by `flock`: it belongs to the open file, so children that inherit the descriptor hold it too."""

    def __init__(self, descriptor: int) -> None:
        """Take over a descriptor that is locked already."""
        self._descriptor: int | None = descriptor
        _locks.add(self)

    @property
    def descriptor(self) -> int:
        """The open descriptor; -1 once the lock was released."""
        return -1 if self._descriptor is None else self._descriptor

    def release(self) -> None:
        """Erase the holder's name and close; children that hold the descriptor still hold the lock."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            self._abandon()

    def _abandon(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


_locks: WeakSet[SystemFileLock] = WeakSet()


def _abandon_locks() -> None:
    for lock in _locks:
        lock._abandon()  # noqa: SLF001 - the lock's own module


# A fork of Python is no child that was given the lock, and would keep it long after we released it.
os.register_at_fork(after_in_child=_abandon_locks)


class SystemFiles:
    """Works on the files of this machine; what it writes is flushed to the disk before it returns."""

    def status(self, path: Path) -> FileStatus | None:
        """Look at a path without following a link."""
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return FileStatus(
            is_folder=stat.S_ISDIR(found.st_mode),
            is_link=stat.S_ISLNK(found.st_mode),
            mode=stat.S_IMODE(found.st_mode),
            uid=found.st_uid,
            gid=found.st_gid,
            size=found.st_size,
            modified_ns=found.st_mtime_ns,
        )

    def read_bytes(self, path: Path) -> bytes | None:
        """Read a whole file, or return None when there is none."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None

    def write_bytes(self, path: Path, content: bytes, *, mode: int = 0o600) -> None:
        """Write beside the file, flush, and rename over it."""
        draft = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                draft.unlink()
            raise
        flush_folder(path.parent)

    def open_appendable(self, path: Path, *, mode: int = 0o600) -> SystemAppendableFile:
        """Open a file to add to it, and make its name durable when it is new."""
        return SystemAppendableFile(path, mode)

    def make_folder(self, path: Path, *, mode: int = 0o700) -> None:
        """Make a folder and its missing parents with exactly this mode."""
        if path.is_dir():
            return
        if path.parent != path:
            self.make_folder(path.parent, mode=mode)
        try:
            path.mkdir(mode)
        except FileExistsError:
            if path.is_dir():  # someone else was faster
                return
            raise
        path.chmod(mode)  # `mkdir` obeys the umask
        flush_folder(path.parent)

    def copy_tree(self, source: Path, target: Path) -> None:
        """Copy a folder with its modes."""
        shutil.copytree(source, target, symlinks=True)

    def remove_tree(self, path: Path) -> None:
        """Remove whatever is there."""
        found = self.status(path)
        if found is None:
            return
        if found.is_folder:
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def rename(self, source: Path, target: Path) -> None:
        """Move in one step and flush both folders."""
        source.replace(target)
        flush_folder(target.parent)
        if source.parent != target.parent:
            flush_folder(source.parent)

    def link(self, path: Path, target: Path) -> None:
        """Make a link beside the place and rename it over."""
        draft = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
        draft.symlink_to(target)
        self.rename(draft, path)

    def give_tree(self, path: Path, *, uid: int, gid: int) -> None:
        """Change the owner of a folder with all that is in it."""
        for place in (*path.rglob("*"), path):
            os.chown(place, uid, gid, follow_symlinks=False)

    def lock(self, path: Path, *, holder: str, wait_s: float = 0) -> SystemFileLock | None:
        """Lock a file, trying again until the time is over."""
        deadline = time.monotonic() + wait_s
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while not _locked(descriptor):
                if time.monotonic() >= deadline:
                    os.close(descriptor)
                    return None
                time.sleep(_LOCK_POLL_S)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, holder.encode(), 0)
        except BaseException:
            with suppress(OSError):
                os.close(descriptor)
            raise
        return SystemFileLock(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
