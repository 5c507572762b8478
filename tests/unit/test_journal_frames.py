"""Frames: whatever a crash leaves is told from whatever was damaged, at every byte."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_core.errors import UsageError
from agentic_core.journal.frames import FRAME_MAX, DamagedFrame, Frame, Piece, TornTail, frame, read_frames
from tests.support.journal_by_hand import framed

CONTENTS = (b"first", b"x", b"the third \x00\x00\x00\x01 one", b"4" * 40)
WHOLE = b"".join(map(framed, CONTENTS))
ENDS = tuple(accumulate(len(framed(content)) for content in CONTENTS))


def contents(pieces: list[Piece]) -> list[bytes]:
    """Return what the good frames hold."""
    return [piece.content for piece in pieces if isinstance(piece, Frame)]


@given(st.binary(min_size=1, max_size=300))
def test_frame_is_length_checksum_and_content_as_the_page_says(content: bytes) -> None:
    """Written by the code and by hand it is the same."""
    assert frame(content) == framed(content)
    assert list(read_frames(framed(content))) == [Frame(content=content, end=len(content) + 8)]


@pytest.mark.parametrize("size", [0, FRAME_MAX + 1])
def test_frame_of_no_size_or_too_much_is_refused(size: int) -> None:
    """An empty one could not be told from zeros, a long one not from rubbish."""
    with pytest.raises(UsageError, match=f"a frame holds 1 to {FRAME_MAX} bytes, not {size}"):
        frame(bytes(size))


def test_longest_frame_is_read_back() -> None:
    """Also behind another one, where it does not fit into one look at the file."""
    content = b"a" * FRAME_MAX
    assert contents(list(read_frames(frame(b"small") + frame(content) + frame(b"end")))) == [b"small", content, b"end"]


@pytest.mark.parametrize("size", range(len(WHOLE) + 1))
def test_file_that_ends_anywhere_is_whole_up_to_the_last_whole_frame(size: int) -> None:
    """What is left of the next one is a torn tail, and nothing is where it ends between two."""
    pieces = list(read_frames(WHOLE[:size]))
    whole = [end for end in ENDS if end <= size]
    start = whole[-1] if whole else 0
    assert contents(pieces) == list(CONTENTS[: len(whole)])
    assert pieces[len(whole) :] == ([] if start == size else [TornTail(start=start, content=WHOLE[start:size])])


@pytest.mark.parametrize("place", range(len(WHOLE)))
def test_flipped_bit_anywhere_spoils_its_own_frame_and_is_called_damage_where_anything_follows(place: int) -> None:
    """No altered content is ever handed out; only of the last frame nobody can tell damage from a torn write."""
    number = next(number for number, end in enumerate(ENDS) if place < end)
    start = ENDS[number - 1] if number else 0
    for bit in range(8):
        altered = bytearray(WHOLE)
        altered[place] ^= 1 << bit
        *before, last = read_frames(bytes(altered))
        assert contents(list(before)) == list(CONTENTS[:number])
        is_last = number == len(CONTENTS) - 1
        length = int.from_bytes(altered[start : start + 4])
        is_shorter = length > 0 and any(altered[start + 8 + length :])
        if is_last and not is_shorter:
            assert last == TornTail(start=start, content=bytes(altered[start:]))
        else:
            assert last == DamagedFrame(start=start)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 4_096, FRAME_MAX + 8])
def test_zeros_at_the_end_are_what_a_crash_may_leave(count: int) -> None:
    """A file grows before its pages are written: as long as one frame may be, but no longer."""
    assert list(read_frames(WHOLE + bytes(count)))[-1] == TornTail(start=len(WHOLE), content=bytes(count))


def test_more_rubbish_than_one_write_leaves_is_damage() -> None:
    """And so is one byte behind a bad frame whose length can still be read; zeros may be of the same write."""
    assert list(read_frames(WHOLE + bytes(FRAME_MAX + 9)))[-1] == DamagedFrame(start=len(WHOLE))
    spoiled = bytearray(framed(b"good once"))
    spoiled[-1] ^= 1
    assert list(read_frames(bytes(spoiled))) == [TornTail(start=0, content=bytes(spoiled))]
    assert list(read_frames(bytes(spoiled) + b"\x00\x01")) == [DamagedFrame(start=0)]
    assert list(read_frames(bytes(spoiled) + b"\x00")) == [TornTail(start=0, content=bytes(spoiled) + b"\x00")]


def test_several_spoiled_frames_at_the_end_are_damage() -> None:
    """Each was flushed before the next was begun, so that no crash spoils two."""
    altered = bytearray(WHOLE)
    for end in ENDS[1:]:
        altered[end - 1] ^= 1
    assert list(read_frames(bytes(altered)))[-1] == DamagedFrame(start=ENDS[0])


@given(st.binary(max_size=200))
def test_frames_before_rubbish_are_handed_out_and_rubbish_is_not(rubbish: bytes) -> None:
    """Whatever it is, unless it happens to be a frame."""
    good = contents(list(read_frames(WHOLE + rubbish)))
    assert good[:4] == list(CONTENTS)
    written = b"".join(map(framed, good))
    assert written == (WHOLE + rubbish)[: len(written)]


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=20), st.integers(1, 40))
def test_file_is_read_in_pieces_as_at_once(parts: list[bytes], step: int) -> None:
    """Whatever a read returns less than asked for is the file's end, and sizes do not matter."""
    whole = b"".join(map(framed, parts))
    cut = whole[: max(0, len(whole) - step)]
    assert list(read_frames(lambda start, count: cut[start : start + count], len(cut))) == list(read_frames(cut))
