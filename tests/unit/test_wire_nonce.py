"""Nonces: one after the other, also where the clock stands or runs backwards, and never outside of the window."""

import pytest

from agentic_core.domain.times import DAY_MS, Instant
from agentic_hl.venue.exchange.nonces import NonceBook
from agentic_hl.wire.nonce import NONCES_KEPT, is_nonce_timely, next_nonce
from agentic_hl.wire.units import WireError

_NOW = Instant(1_800_000_000_000)
_WALLET = "0x" + 20 * "ab"


@pytest.mark.parametrize(
    ("high_water", "nonce"),
    [(0, _NOW), (_NOW - 1, _NOW), (_NOW, _NOW + 1), (_NOW + 5_000, _NOW + 5_001), (-1, _NOW)],
)
def test_nonce_is_now_or_one_more_than_the_highest(high_water: int, nonce: int) -> None:
    """Whatever was used before."""
    assert next_nonce(_NOW, high_water) == nonce


def test_nonces_rise_while_the_clock_stands_and_after_it_went_back() -> None:
    """Twenty in one millisecond, then some from a minute before: all different, all accepted by the venue."""
    book, high_water, drawn = NonceBook(), 0, []
    for now in [*(20 * [_NOW]), *(5 * [Instant(_NOW - 60_000)]), Instant(_NOW + 3)]:
        high_water = next_nonce(now, high_water)
        book.check_window(high_water, _NOW)
        book.use(_WALLET, high_water)
        drawn.append(high_water)
    assert drawn == [_NOW + step for step in range(26)]


def test_clock_that_is_a_day_behind_is_noticed() -> None:
    """The venue would refuse the nonce, so it is not drawn; one millisecond less is."""
    assert next_nonce(_NOW, _NOW + DAY_MS - 2) == _NOW + DAY_MS - 1
    with pytest.raises(WireError, match="a day or more ahead"):
        next_nonce(_NOW, _NOW + DAY_MS - 1)


@pytest.mark.parametrize(
    ("offset", "timely"),
    [
        (-2 * DAY_MS, False),
        (-2 * DAY_MS + 1, True),
        (0, True),
        (DAY_MS - 1, True),
        (DAY_MS, False),
    ],
)
def test_window_is_open_at_both_ends(offset: int, timely: bool) -> None:
    """From two days before until one day after, neither included."""
    assert is_nonce_timely(_NOW + offset, _NOW) is timely


def test_venue_keeps_a_hundred() -> None:
    """So a signer may have that many under way, in any order."""
    assert NONCES_KEPT == 100
    book = NonceBook()
    for step in reversed(range(NONCES_KEPT)):
        book.use(_WALLET, _NOW + step)
    assert len(book.used(_WALLET)) == 100
