"""Recorded headlines and notes from files of JSON lines, told as they were known at an instant.

A line of news is `{"at": …, "source": …, "text": …, "symbols": [...]}`, one of notes `{"at": …, "deployment": …,
"text": …}`; a time is ISO 8601 or epoch milliseconds. Headlines without symbols are told about every symbol.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from agentic_core.domain.ids import DeploymentId, Symbol
from agentic_core.domain.times import Instant, parse_instant
from agentic_core.errors import InputError
from agentic_core.ports.files import Files
from agentic_core.ports.untrusted_text import Headline, Note

__all__ = ["RecordedNews", "RecordedNotes", "read_news", "read_notes"]

_TEXT_MAX: Final = 20_000

_Line = TypeVar("_Line", bound="_Dated")


class _Dated(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    at: str | int
    text: str


class _NewsLine(_Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: str = ""
    symbols: tuple[str, ...] = ()


class _NoteLine(_Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    deployment: str


class RecordedNews:
    """A `NewsFeed` of headlines that were recorded."""

    def __init__(self, headlines: Iterable[Headline]) -> None:
        """Take the headlines, in any sequence."""
        self._headlines = sorted(headlines, key=_published_at)

    def __len__(self) -> int:
        """Count the headlines."""
        return len(self._headlines)

    async def headlines(self, symbols: Sequence[Symbol], *, as_of: Instant, limit: int) -> tuple[Headline, ...]:
        """Return the newest headlines published at `as_of` or before, newest first."""
        wanted, found = {*symbols}, list[Headline]()
        for place in range(bisect_right(self._headlines, as_of, key=_published_at) - 1, -1, -1):
            if len(found) >= limit:
                break
            headline = self._headlines[place]
            if not headline.symbols or wanted.intersection(headline.symbols):
                found.append(headline)
        return tuple(found)


class RecordedNotes:
    """A `Memory` of notes that were recorded."""

    def __init__(self, notes: Iterable[tuple[DeploymentId, Note]]) -> None:
        """Take the notes with the deployments they are kept for, in any sequence."""
        self._notes: dict[DeploymentId, list[Note]] = {}
        for deployment, note in notes:
            self._notes.setdefault(deployment, []).append(note)
        for kept in self._notes.values():
            kept.sort(key=_written_at)

    async def recall(self, deployment: DeploymentId, *, as_of: Instant, limit: int) -> tuple[Note, ...]:
        """Return the newest notes written before `as_of`, newest first."""
        notes = self._notes.get(deployment, [])
        before = notes[: bisect_left(notes, as_of, key=_written_at)]
        return tuple(reversed(before[max(0, len(before) - limit) :]))


def read_news(path: Path, files: Files) -> RecordedNews:
    """Read a file of headlines.

    Raises:
        InputError: it cannot be read, or a line is no headline; with the line.
    """
    return RecordedNews(
        Headline(
            published_at=at, source=line.source, text=line.text, symbols=tuple(Symbol(name) for name in line.symbols)
        )
        for at, line in _lines(path, files, _NewsLine)
    )


def read_notes(path: Path, files: Files) -> RecordedNotes:
    """Read a file of notes.

    Raises:
        InputError: it cannot be read, or a line is no note; with the line.
    """
    return RecordedNotes(
        (DeploymentId(line.deployment), Note(written_at=at, text=line.text))
        for at, line in _lines(path, files, _NoteLine)
    )


def _lines(path: Path, files: Files, kind: type[_Line]) -> Iterator[tuple[Instant, _Line]]:
    content = _content(path, files)
    for number, written in enumerate(content.split(b"\n"), start=1):
        if not written.strip():
            continue
        try:
            line = msgspec.json.decode(written, type=kind)
            at = parse_instant(str(line.at))
        except (msgspec.DecodeError, InputError) as exc:
            raise InputError(f"{path}, line {number}: {exc}; write one JSON object a line") from exc
        if len(line.text) > _TEXT_MAX:
            raise InputError(f"{path}, line {number}: the text has {len(line.text)} characters, {_TEXT_MAX} are taken")
        yield at, line


def _content(path: Path, files: Files) -> bytes:
    try:
        content = files.read_bytes(path)
    except OSError as exc:
        raise InputError(f"{path} cannot be read: {exc.strerror or exc}") from exc
    if content is None:
        raise InputError(f"{path} is not there; name a file of JSON lines")
    return content


def _published_at(headline: Headline) -> Instant:
    return headline.published_at


def _written_at(note: Note) -> Instant:
    return note.written_at
