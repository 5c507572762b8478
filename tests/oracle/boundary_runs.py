"""Runs that stand exactly on a boundary of a rule, where chance seldom stands; each has a neighbour just beyond it."""

from dataclasses import replace
from fractions import Fraction

from tests.oracle.reference_candles import Row
from tests.oracle.reference_run import Terms

DAY_START_MS = 1_767_225_600_000
"""2026-01-01 00:00 UTC."""

_MINUTE_MS = 60_000


def candles(start_ms: int, *pairs: str) -> list[Row]:
    """Make one-minute candles from texts of an open and a close."""
    prices = [tuple(Fraction(price) for price in pair.split()) for pair in pairs]
    return [
        Row(start_ms + at * _MINUTE_MS, first, max(first, last), min(first, last), last)
        for at, (first, last) in enumerate(prices)
    ]


def _buying(*after: str) -> list[Row]:
    # Averages over one and two candles cross upwards at the third, so that a long opens at the next open.
    return candles(DAY_START_MS, "100 100", "100 90", "90 95", *after)


def _selling(*after: str) -> list[Row]:
    return candles(DAY_START_MS, "100 100", "100 110", "110 100", *after)


def _unit(**changes: Fraction | int) -> Terms:
    return replace(_UNIT, **changes)  # type: ignore[arg-type]


_UNIT = Terms(
    policy="sma-cross",
    lengths=(1, 2),
    direction="both",
    size=("size", Fraction(1)),
    fee_rate=Fraction(0),
    size_decimals=2,
    cash=Fraction(1000),
)
