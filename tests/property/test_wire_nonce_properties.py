"""Nonces under any clock: no two are equal, and the venue takes each that is drawn."""

from hypothesis import given
from hypothesis import strategies as st

from agentic_core.domain.times import DAY_MS, Instant
from agentic_hl.venue.exchange.nonces import NonceBook
from agentic_hl.wire.nonce import is_nonce_timely, next_nonce

_START = 1_800_000_000_000
_steps = st.lists(
    st.sampled_from([0, 0, 0, 1, 2, 50, -1, -3_000, 10_000, 3_600_000, -DAY_MS // 2]), min_size=1, max_size=150
)


@given(_steps)
def test_nonces_only_rise_and_are_taken(steps: list[int]) -> None:
    """However the clock jumps, within half a day backwards; the mark is kept by whoever draws."""
    now, high_water, book = _START, 0, NonceBook()
    for step in steps:
        now = max(now + step, high_water - DAY_MS + 2)
        nonce = next_nonce(Instant(now), high_water)
        assert nonce > high_water
        assert is_nonce_timely(nonce, Instant(now))
        book.check_window(nonce, now)
        book.use("0x" + 20 * "ab", nonce)
        high_water = nonce
