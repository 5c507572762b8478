"""Recompute the built-in rule policies from `docs/reference/simulation-rules.md` alone."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import accumulate

from tests.oracle.reference_candles import Row

_FINE = 10**80
"""An exponential average is kept to this fraction of a dollar once its exact value has grown too long to carry."""


def proposal(
    policy: str, rows: Sequence[Row], lengths: tuple[int, int], direction: str
) -> Callable[[int, Fraction], str | None]:
    """Return what the policy wants at a mark with a signed position held: `buy`, `sell`, `close` or nothing."""
    closes = [row.close for row in rows]
    if policy == "script":
        return lambda _index, _size: None
    if policy == "breakout":
        return lambda index, size: _breakout(rows, index, size, lengths)
    average = {"sma-cross": simple_averages, "ema-cross": exponential_averages}[policy]
    fast, slow = (average(closes, length) for length in lengths)
    both = direction == "both"

    def crossing(index: int, size: Fraction) -> str | None:
        if index < max(lengths):
            return None
        before, now = fast[index - 1] - slow[index - 1], fast[index] - slow[index]
        if before <= 0 < now and size <= 0:
            return "buy"
        if before >= 0 > now and both and size >= 0:
            return "sell"
        return "close" if before >= 0 > now and not both and size > 0 else None

    return crossing


def simple_averages(closes: Sequence[Fraction], length: int) -> list[Fraction]:
    """Return the mean of the last closes at every candle, meaningless before there are enough."""
    sums = [Fraction(0), *accumulate(closes)]
    return [(sums[at + 1] - sums[max(0, at + 1 - length)]) / length for at in range(len(closes))]


def exponential_averages(closes: Sequence[Fraction], length: int) -> list[Fraction]:
    """Return the exponential average at every candle, begun at the first close."""
    averages = [closes[0]]
    for close in closes[1:]:
        moved = averages[-1] + Fraction(2, length + 1) * (close - averages[-1])
        averages.append(moved if moved.denominator < _FINE else Fraction(round(moved * _FINE), _FINE))
    return averages


def too_close_for_doubles(closes: Sequence[Fraction], lengths: tuple[int, int]) -> bool:
    """Tell whether two exponential averages come so near that 64-bit floats cannot tell which one is above.

    Over a flat stretch the exact averages approach each other for ever, while floats meet after some thirty candles.
    """
    fast, slow = (exponential_averages(closes, length) for length in lengths)
    return any(0 < abs(one - other) < other / 10**12 for one, other in zip(fast, slow, strict=True))


def _breakout(rows: Sequence[Row], index: int, size: Fraction, lengths: tuple[int, int]) -> str | None:
    entry, leave = lengths
    if size == 0 and index >= entry and rows[index].close > max(row.high for row in rows[index - entry : index]):
        return "buy"
    if size > 0 and index >= leave and rows[index].close < min(row.low for row in rows[index - leave : index]):
        return "close"
    return None
