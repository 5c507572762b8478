"""A runner's own copy of its deployment's journal, on its own disk.

A database can lose what it has acknowledged: at a failover, or when an old backup is restored. What was sent by then is
still out there. So every record is on the runner's disk before anything it tells of leaves.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Self

import anyio

from agentic_core.domain.continuity import Remembered
from agentic_core.domain.ids import DeploymentId
from agentic_core.domain.journal import JournalEntry, JournalHead, JournalKind
from agentic_core.errors import Fenced, JournalBroken, UsageError
from agentic_core.journal.chain import Broken, Followed, empty_chain, entry_of, follow
from agentic_core.journal.continuity import remember
from agentic_core.journal.frames import FRAME_MAX, DamagedFrame, Frame, TornTail, frame, read_frames
from agentic_core.logevents import LogEvent, LogLevel, Say
from agentic_core.ports.files import AppendableFile, FileLock, Files
from agentic_core.ports.journal import JournalStore

__all__ = ["JournalCatchUp", "JournalCopy", "copy_path", "read_copy"]

_QUARANTINE: Final = ".quarantine"
_TORN: Final = ".torn"
_BATCH: Final = 500


def copy_path(folder: Path, deployment: DeploymentId) -> Path:
    """Return where the copy of a deployment's journal is.

    Raises:
        UsageError: the deployment's id cannot be the name of a file.
    """
    if not deployment or Path(deployment).name != deployment or deployment.startswith("."):
        message = f"{deployment!r} cannot name a file; a deployment's id is a UUID"
        raise UsageError(message)
    return folder / f"{deployment}.journal"


def read_copy(
    source: AppendableFile | bytes, take: Callable[[JournalEntry], Broken | None]
) -> Broken | TornTail | None:
    """Hand out the entries of a copy in their order, until one is not taken.

    Returns:
        What was wrong with the first thing that was, the torn tail where that is all, or None.
    """
    seq = 0
    pieces = read_frames(source) if isinstance(source, bytes) else read_frames(source.read, source.size)
    for piece in pieces:
        match piece:
            case TornTail():
                return piece
            case DamagedFrame(start=start):
                return Broken(seq=seq + 1, why=f"the file is damaged at byte {start}")
            case Frame(content=content):
                for line in content.removesuffix(b"\n").split(b"\n"):
                    entry = _entry(line)
                    broken = Broken(seq=seq + 1, why="its line is none of a record") if entry is None else take(entry)
                    if broken is not None:
                        return broken
                    seq += 1
    return None


class JournalCopy:
    """The copy of one deployment; one process has it open at a time."""

    def __init__(self, file: AppendableFile, lock: FileLock, path: Path, deployment: DeploymentId) -> None:
        """Take over an open file; `open` is the way to get one."""
        self.path: Final = path
        self._file: Final = file
        self._lock: Final = lock
        self._head = empty_chain(deployment)
        self._nonces: dict[str, int] = {}
        self._restored_hash: str | None = None
        self._failure: str | None = None

    @classmethod
    def open(cls, folder: Path, deployment: DeploymentId, *, files: Files, say: Say, wait_s: float = 0) -> Self:
        """Open the copy, made when it is missing, and go through all of it.

        What a write that never came to its end has left is cut off and kept in a file beside it. A copy that is damaged
        otherwise is renamed; as long as it lies there, no other is opened.

        Args:
            folder: where the copies are, made when it is missing.
            deployment: whose journal it is.
            files: the disk.
            say: told of what was cut off or renamed.
            wait_s: how long another process may take to let go of it.

        Raises:
            Fenced: another process has it open.
            JournalBroken: it is damaged, or was found to be earlier, or the disk does not work.
        """
        path = copy_path(folder, deployment)
        try:
            files.make_folder(folder)
            lock = files.lock(path.with_suffix(".lock"), holder=deployment, wait_s=wait_s)
        except OSError as exc:
            raise _out_of_order(path, exc) from exc
        if lock is None:
            message = f"another process holds {path}; two runners of {deployment} are on this machine"
            raise Fenced(message)
        try:
            return cls._recovered(lock, path, deployment, files, say)
        except BaseException as exc:
            lock.release()
            if isinstance(exc, OSError):
                raise _out_of_order(path, exc) from exc
            raise

    @property
    def head(self) -> JournalHead:
        """The newest record on this disk; number 0 where there is none yet."""
        return self._head

    @property
    def remembered(self) -> Remembered:
        """What was true of the database once, for certain."""
        return Remembered(head=self._head, nonces=dict(self._nonces), restored_hash=self._restored_hash)

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Add the records that come next; they are on the disk when this returns.

        Raises:
            JournalBroken: they do not follow from those that are here, or the disk failed; the process has to end.
        """
        self._check()
        batch: list[tuple[Followed, bytes]] = []
        size = 0
        for followed, line in self._followed(entries):
            if size + len(line) > FRAME_MAX:
                self._write(batch)
                batch, size = [], 0
            batch.append((followed, line))
            size += len(line)
        self._write(batch)

    def set_aside(self, files: Files) -> Path:
        """Close the copy and rename it, so that a new one begins; for a restored database that somebody answers for."""
        self.close()
        aside = self.path.with_name(f"{self.path.name}.before-{self._head.seq}-{self._head.hash[:8]}")
        try:
            files.rename(self.path, aside)
        except OSError as exc:
            raise _out_of_order(self.path, exc) from exc
        return aside

    def close(self) -> None:
        """Let go of it; a second call does nothing."""
        self._failure = self._failure or f"{self.path} is closed"
        self._file.close()
        self._lock.release()

    @classmethod
    def _recovered(cls, lock: FileLock, path: Path, deployment: DeploymentId, files: Files, say: Say) -> Self:
        aside = path.with_name(path.name + _QUARANTINE)
        if files.status(aside) is not None:
            message = f"{aside} was found damaged; look into it with `agentic journal verify --copy`, then move it away"
            raise JournalBroken(message)
        file = files.open_appendable(path)
        try:
            copy = cls(file, lock, path, deployment)
            found = read_copy(file, copy._take)
            if isinstance(found, TornTail):
                _cut(file, path, found, files, say)
        except BaseException:
            file.close()
            raise
        if isinstance(found, Broken):
            file.close()
            files.rename(path, aside)
            message = f"the copy of the journal is damaged, {found.detail}; it is kept as {aside}"
            say(LogEvent.JOURNAL_QUARANTINED, message, level=LogLevel.ERROR, seq=found.seq, why=found.why)
            raise JournalBroken(message)
        return copy

    def _take(self, entry: JournalEntry) -> Broken | None:
        followed = follow(self._head, entry)
        if isinstance(followed, Broken):
            return followed
        self._learn(followed)
        return None

    def _followed(self, entries: Sequence[JournalEntry]) -> list[tuple[Followed, bytes]]:
        # All of them are judged before the first is written.
        head, lines = self._head, []
        for entry in entries:
            followed = follow(head, entry)
            if isinstance(followed, Broken):
                message = f"the database's journal does not go on where {self.path} ends, {followed.detail}"
                raise JournalBroken(message)
            lines.append((followed, f"{entry.hash} {entry.record}\n".encode()))
            head = followed.head
        return lines

    def _learn(self, followed: Followed) -> None:
        self._head = followed.head
        remember(self._nonces, followed.record)
        if followed.record.kind == JournalKind.RESTORED:
            self._restored_hash = followed.head.hash

    def _write(self, batch: Sequence[tuple[Followed, bytes]]) -> None:
        if not batch:
            return
        try:
            self._file.append(frame(b"".join(line for _, line in batch)))
        except OSError as exc:
            failure = _out_of_order(self.path, exc)
            self._failure = str(failure)
            raise failure from exc
        except BaseException:
            self._failure = f"a write to {self.path} was broken off; open it anew"
            raise
        for followed, _ in batch:
            self._learn(followed)

    def _check(self) -> None:
        if self._failure is not None:
            raise JournalBroken(self._failure)


class JournalCatchUp:
    """Brings a copy up to the database; awaited right before anything is sent."""

    def __init__(self, journal: JournalStore, copy: JournalCopy) -> None:
        """Join a journal and its copy."""
        self._journal: Final = journal
        self._copy: Final = copy
        self._turn: Final = anyio.Lock()

    async def __call__(self) -> None:
        """Return once everything that the database has committed by now is on this disk.

        The file is written without letting others run, for as long as the disk takes to flush.

        Raises:
            JournalBroken: the database has lost or changed what is here, or the disk failed.
            StoreUnavailable: the database does not answer.
        """
        async with self._turn:
            while await self._step():
                pass

    async def _step(self) -> bool:
        head = self._copy.head
        # The newest one that is here is read again: a database that came back from a backup has another one, or none.
        known = 1 if head.seq else 0
        entries = await self._journal.after(head.deployment, head.seq - known, _BATCH)
        if known and not (entries and (entries[0].seq, entries[0].hash) == (head.seq, head.hash)):
            message = f"the database has lost record {head.seq} of the journal of {head.deployment}, or has another one"
            raise JournalBroken(message)
        self._copy.append(entries[known:])
        return len(entries) == _BATCH


def _entry(line: bytes) -> JournalEntry | None:
    digest, _, text = line.partition(b" ")
    try:
        return entry_of(text.decode(), digest.decode())
    except UnicodeDecodeError:
        return None


def _cut(file: AppendableFile, path: Path, torn: TornTail, files: Files, say: Say) -> None:
    kept = path.with_name(path.name + _TORN)
    rest = files.open_appendable(kept)
    try:
        rest.append(torn.content)
    finally:
        rest.close()
    file.cut(torn.start)
    message = f"the last write to {path} never came to its end; its {len(torn.content)} bytes are kept in {kept}"
    say(LogEvent.JOURNAL_RECOVERED, message, level=LogLevel.WARN, at_byte=torn.start, bytes=len(torn.content))


def _out_of_order(path: Path, exc: OSError) -> JournalBroken:
    return JournalBroken(f"the disk does not keep {path}: {exc}; end the process and look at the disk")
