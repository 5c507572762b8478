"""Blocks of bytes in a file that only grows, so that a crash in the middle of a write can be told from damage.

A frame is its length (4 bytes, big-endian), a CRC-32 of that length and the content (4 bytes), and the content. Whoever
writes flushes after every frame. So a crash can spoil the last frame only, and a bad frame with anything but zeros
behind it was damaged later. An empty frame does not exist: a stretch of zeros, which a crash may leave, is none.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias
from zlib import crc32

import msgspec

from agentic_core.errors import UsageError

__all__ = ["FRAME_MAX", "DamagedFrame", "Frame", "Piece", "TornTail", "frame", "read_frames"]

FRAME_MAX: Final = 1 << 20
"""The most bytes that one frame holds."""

_LENGTH: Final = 4
_HEADER: Final = 8
_WINDOW: Final = _HEADER + FRAME_MAX


class Frame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A block that is as it was written."""

    content: bytes
    end: int
    """Where the next one begins."""


class TornTail(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a write left that never came to its end; nobody was told that it was done."""

    start: int
    content: bytes


class DamagedFrame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A place that was written whole once, and is not as it was written."""

    start: int


Piece: TypeAlias = Frame | TornTail | DamagedFrame
"""What a file is made of."""


def frame(content: bytes) -> bytes:
    """Wrap a block.

    Raises:
        UsageError: it is empty, or longer than a frame may be.

    >>> [type(piece).__name__ for piece in read_frames(frame(b"one") + frame(b"two")[:-1])]
    ['Frame', 'TornTail']
    """
    if not 0 < len(content) <= FRAME_MAX:
        message = f"a frame holds 1 to {FRAME_MAX} bytes, not {len(content)}; write several"
        raise UsageError(message)
    length = len(content).to_bytes(_LENGTH)
    return length + crc32(content, crc32(length)).to_bytes(4) + content


def read_frames(source: bytes | Callable[[int, int], bytes], size: int | None = None) -> Iterator[Piece]:
    """Read frames from the beginning; the last piece may be a torn tail or a damaged frame, and nothing follows it.

    Args:
        source: all of it, or what returns so many bytes from a place; at most a frame's worth is held at a time.
        size: how much there is to read.
    """
    if isinstance(source, bytes):
        whole = source
        yield from read_frames(lambda start, count: whole[start : start + count], len(whole))
        return
    if size is None:
        raise UsageError("how much there is to read has to be said")
    start = 0
    while start < size:
        window = source(start, min(_WINDOW, size - start))
        at = 0
        while (found := _frame_at(window, at)) is not None:
            at += _HEADER + len(found)
            yield Frame(content=found, end=start + at)
        if at == 0:
            yield _rest(source, start, size)
            return
        start += at


def _rest(source: Callable[[int, int], bytes], start: int, size: int) -> TornTail | DamagedFrame:
    if size - start > _WINDOW:  # more than any one write can have left
        return DamagedFrame(start=start)
    content = source(start, size - start)
    # Nothing is written behind a frame before all of it is on the disk; what never got there reads as zeros.
    length = int.from_bytes(content[:_LENGTH])
    if length and any(content[_HEADER + length :]):
        return DamagedFrame(start=start)
    behind = range(1, len(content) - _HEADER)
    if any(_frame_at(content, at) is not None for at in behind):
        return DamagedFrame(start=start)
    return TornTail(start=start, content=content)


def _frame_at(window: bytes, at: int) -> bytes | None:
    length = window[at : at + _LENGTH]
    count = int.from_bytes(length)
    begin = at + _HEADER
    if len(length) < _LENGTH or not 0 < count <= FRAME_MAX or begin + count > len(window):
        return None
    content = window[begin : begin + count]
    return content if crc32(content, crc32(length)).to_bytes(4) == window[at + _LENGTH : begin] else None
