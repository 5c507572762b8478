"""Nonces: the venue takes each number once per signer, and only near its own time.

It keeps the 100 highest nonces of a signer; a new one must be unused, above the smallest kept, and between two days
before and one day after the time of the block.
"""

from agentic_core.domain.times import DAY_MS, Instant
from agentic_hl.wire.units import WireError

__all__ = ["NONCES_KEPT", "NONCE_MS_AHEAD_MAX", "NONCE_MS_BEHIND_MAX", "is_nonce_timely", "next_nonce"]

NONCES_KEPT = 100
NONCE_MS_BEHIND_MAX = 2 * DAY_MS
NONCE_MS_AHEAD_MAX = DAY_MS


def next_nonce(now: Instant, high_water: int) -> int:
    """Return the next nonce of a signer whose highest one so far is `high_water`: now, or one more than the highest.

    Raises:
        WireError: it would be too far ahead of now for the venue, so the clock or the stored highest one is wrong.

    >>> next_nonce(Instant(1_700_000_000_000), 1_700_000_000_000)
    1700000000001
    """
    nonce = max(now, high_water + 1)
    if not is_nonce_timely(nonce, now):
        message = (
            f"the highest nonce so far, {high_water}, is a day or more ahead of {now}; "
            "correct the clock, or let the owner approve a fresh agent wallet"
        )
        raise WireError(message)
    return nonce


def is_nonce_timely(nonce: int, now: Instant) -> bool:
    """Tell whether the venue would take a nonce at a time, as far as the time goes."""
    return now - NONCE_MS_BEHIND_MAX < nonce < now + NONCE_MS_AHEAD_MAX
