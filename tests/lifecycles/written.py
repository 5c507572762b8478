"""What stands in a journal and in a copy of it, read by hand: nothing here is shared with what writes either."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

from agentic_core.domain.journal import JournalEntry
from tests.support.journal_by_hand import Facts, digest_of

__all__ = ["Line", "Piece", "faults_of_chain", "lines_of", "pieces_of"]

_START = "0" * 64
_NUMBER = 4
_HEADER = 8


class Line(NamedTuple):
    """One record."""

    seq: int
    hash: str
    prev: str
    kind: str
    epoch: int | None
    body: Facts


class Piece(NamedTuple):
    """One record of a copy, as it is on the disk."""

    end: int
    """Where the frame ends that it stands in: before all of that is there, nothing of it is."""
    hash: str
    text: str


def lines_of(entries: Iterable[JournalEntry]) -> list[Line]:
    """Read what the database's journal says."""
    told = ((entry, json.loads(entry.record)) for entry in entries)
    return [
        Line(one["seq"], entry.hash, one["prev"], one["kind"], one.get("epoch"), one["body"]) for entry, one in told
    ]


def faults_of_chain(entries: Sequence[JournalEntry], lines: Sequence[Line]) -> Iterator[str]:
    """Say where records do not follow from each other."""
    prev, highest = _START, 0
    for number, (entry, line) in enumerate(zip(entries, lines, strict=True), start=1):
        if (line.seq, line.prev) != (number, prev) or (line.kind == "genesis") != (number == 1):
            yield f"record {line.seq} ({line.kind}) of the journal does not follow from record {number - 1}"
        if digest_of(entry.record) != line.hash:
            yield f"record {number} of the journal does not have its hash"
        if (line.epoch or 0) < highest:
            yield f"the epoch falls from {highest} to {line.epoch} at record {number} of the journal"
        prev, highest = line.hash, line.epoch or 0


def pieces_of(content: bytes) -> tuple[list[Piece], int]:
    """Read a copy as far as that goes, and return what it holds and where that ends."""
    pieces: list[Piece] = []
    at = 0
    while (text := _frame(content, at)) is not None:
        at += _HEADER + len(text)
        for line in text.decode().splitlines():
            digest, _, record = line.partition(" ")
            pieces.append(Piece(at, digest, record))
    return pieces, at


def _frame(content: bytes, at: int) -> bytes | None:
    length, check = content[at : at + _NUMBER], content[at + _NUMBER : at + _HEADER]
    text = content[at + _HEADER : at + _HEADER + int.from_bytes(length)]
    is_whole = len(check) == _NUMBER and 0 < len(text) == int.from_bytes(length)
    return text if is_whole and crc32(length + text) == int.from_bytes(check) else None
