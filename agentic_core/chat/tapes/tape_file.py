"""A tape as a file: one line of JSON per exchange, each with a checksum, written to its end before anyone goes on.

The first line names the format. Every other one is `{"crc":"…","entry":{…}}`, where the checksum is the CRC-32 of the
entry's bytes, and bodies are Base64, so that they come back byte for byte; or it says with `way` instead of `entry` how
was asked from there on. A line that a crash left half written is the last one; it is cut off. A line that was changed
later is refused.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple, Self
from zlib import crc32

import msgspec

from agentic_core.chat.tapes.tape_way import TapeWay
from agentic_core.domain.likeness import most_alike
from agentic_core.errors import ConfigError, InputError, UsageError
from agentic_core.ports.files import AppendableFile, FileLock, Files
from agentic_core.ports.tape import TapeEntry, TapeKey

__all__ = ["FileTape"]

_FIRST: Final = b'{"schema":"agentic-chat-tape/1"}\n'
_BLOCK: Final = 1 << 20
_NOTHING: Final = msgspec.Raw(b"")


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    crc: str
    entry: msgspec.Raw = _NOTHING
    way: msgspec.Raw = _NOTHING


class _Place(NamedTuple):
    start: int
    size: int


class FileTape:
    """The tape in one file; entries stay on the disk, only where they stand is kept in memory."""

    def __init__(self, file: AppendableFile, lock: FileLock | None, path: Path) -> None:
        """Take over an open file; `open` is the way to get one."""
        self.path: Final = path
        self._file, self._lock = file, lock
        self._places: dict[TapeKey, _Place] = {}
        self.way: TapeWay | None = None
        """How the newest exchanges were asked for; None where nobody wrote it down."""

    @classmethod
    def open(cls, path: Path, files: Files, *, records: bool) -> Self:
        """Open a tape and go through all of it.

        Args:
            path: the file; made when it is missing and shall be recorded on.
            files: the disk.
            records: whether entries will be kept; one process at a time may.

        Raises:
            InputError: there is no such tape, it is none, or it was changed after it was written.
            ConfigError: another process records on it.
        """
        try:
            if not records and files.status(path) is None:
                raise InputError(f"{path}: there is no such tape; record one, or name another file")
            lock = files.lock(path.with_name(f"{path.name}.lock"), holder="tape") if records else None
            if records and lock is None:
                raise ConfigError(f"{path}: another process records on this tape; wait for it, or name another file")
        except OSError as exc:
            raise _unusable(path, exc) from exc
        try:
            return cls._opened(path, files, lock)
        except BaseException as exc:
            if lock is not None:
                lock.release()
            if isinstance(exc, OSError):
                raise _unusable(path, exc) from exc
            raise

    def __len__(self) -> int:
        """Count the exchanges."""
        return len(self._places)

    def entries(self) -> Iterator[TapeEntry]:
        """Return every exchange, the oldest first."""
        return map(self._read, self._places.values())

    async def find(self, key: TapeKey) -> TapeEntry | None:
        """Return the exchange of a key, or None."""
        place = self._places.get(key)
        return None if place is None else self._read(place)

    async def keep(self, entry: TapeEntry) -> None:
        """Keep an exchange; it is on the disk when this returns.

        Raises:
            ConfigError: the disk does not take it, or the tape was opened for reading.
            UsageError: its key is not that of its request.
        """
        if not _is_keyed(entry):
            raise UsageError(f"{entry.key!r} is not the key of the exchange that is to be kept; make it with tape_key")
        if entry.key not in self._places:
            self._places[entry.key] = self._append(_line("entry", entry))

    def keep_way(self, way: TapeWay) -> None:
        """Keep how is asked from here on.

        Raises:
            ConfigError: the disk does not take it, or the tape was opened for reading.
        """
        way = way.after(self.way)
        if way != self.way:
            self._append(_line("way", way))
            self.way = way

    async def nearest(self, request: bytes) -> TapeEntry | None:
        """Return the exchange whose request shares most with another one; reads all of the tape."""
        return most_alike(request, ((entry.request, entry) for entry in self.entries()))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        if self._lock is not None:
            self._lock.release()

    @classmethod
    def _opened(cls, path: Path, files: Files, lock: FileLock | None) -> Self:
        file = files.open_appendable(path)
        try:
            tape = cls(file, lock, path)
            tape._index()
        except BaseException:
            file.close()
            raise
        return tape

    def _append(self, line: bytes) -> _Place:
        if self._lock is None:
            raise ConfigError(f"{self.path}: this tape was opened for reading; open it for recording")
        start = self._file.size
        try:
            self._file.append(line)
        except OSError as exc:
            raise ConfigError(
                f"{self.path}: the disk does not take the tape: {exc.strerror or exc}; make room, and go on from here"
            ) from exc
        return _Place(start, len(line))

    def _index(self) -> None:
        end = self._check_first()
        written = self._file.size  # whoever records on it may go on while it is read
        for number, (start, line) in enumerate(_lines(self._file, end), 2):
            kept = _kept(line)
            if kept is None:
                if start + len(line) < written or not _is_torn(line):
                    raise InputError(
                        f"{self.path}: line {number} is not as it was written; take a copy of the tape that is whole"
                    )
                break
            if isinstance(kept, TapeWay):
                self.way = kept
            else:
                self._places.setdefault(kept.key, _Place(start, len(line)))
            end = start + len(line)
        if self._lock is not None and end < self._file.size:
            self._file.cut(end)

    def _check_first(self) -> int:
        first = self._file.read(0, len(_FIRST))
        if first == _FIRST:
            return len(_FIRST)
        if not _FIRST.startswith(first):
            raise InputError(f"{self.path}: this is no tape of this version; name a file that was recorded as one")
        if self._lock is not None:
            self._file.cut(0)
            self._file.append(_FIRST)
        return self._file.size

    def _read(self, place: _Place) -> TapeEntry:
        entry = _kept(self._file.read(*place))
        if not isinstance(entry, TapeEntry):
            raise InputError(f"{self.path}: the line at byte {place.start} was changed while the tape was in use")
        return entry


def _lines(file: AppendableFile, start: int) -> Iterator[tuple[int, bytes]]:
    # With the end of line, where there is one; the file may be larger than memory.
    rest, at = b"", start
    while block := file.read(at + len(rest), _BLOCK):
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            yield at, line + b"\n"
            at += len(line) + 1
    if rest:
        yield at, rest


def _line(what: str, kept: TapeEntry | TapeWay) -> bytes:
    raw = msgspec.json.encode(kept)
    return b'{"crc":"%08x","%b":%b}\n' % (crc32(raw), what.encode(), raw)


def _kept(line: bytes) -> TapeEntry | TapeWay | None:
    if not line.endswith(b"\n"):
        return None
    try:
        read = msgspec.json.decode(line, type=_Line)
        raw = bytes(read.entry) or bytes(read.way)
        if read.crc != f"{crc32(raw):08x}":
            return None
        if not bytes(read.entry):
            return msgspec.json.decode(raw, type=TapeWay)
        entry = msgspec.json.decode(raw, type=TapeEntry)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return entry if _is_keyed(entry) else None


def _is_torn(line: bytes) -> bool:
    # A crash may leave a file as long as it was to become, with nothing in it.
    return not line.endswith(b"\n") or b"\0" in line


def _is_keyed(entry: TapeEntry) -> bool:
    digest, _, attempt = entry.key.partition("/")
    return digest == sha256(entry.request).hexdigest() and attempt.isdecimal()


def _unusable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path}: the tape cannot be opened: {error.strerror or error}; name a file that can be")
