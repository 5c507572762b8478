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


_UNIT = Terms(
    policy="sma-cross",
    lengths=(1, 2),
    direction="both",
    size=("size", Fraction(1)),
    fee_rate=Fraction(0),
    size_decimals=2,
    cash=Fraction(1000),
)
_LIQUIDATED = replace(
    _UNIT,
    policy="breakout",
    lengths=(1, 9),
    size=("size", Fraction(10)),
    position_pct=Fraction(1000),
    exposure_pct=Fraction(1000),
    leverage=10,
    venue_leverage=10,
    cash=Fraction(100),
)
_WIDE = replace(_UNIT, position_pct=Fraction(2000), exposure_pct=Fraction(2000))
_GEARED = replace(_WIDE, leverage=10, venue_leverage=3)
_TENTH = replace(_UNIT, size=("size", Fraction("0.1")), order_usd_min=Fraction(0))


def _falling_to(close: str) -> list[Row]:
    rest = (f"92 {close}", f"{close} 99", "99 99")
    return candles(DAY_START_MS, "90 90", "90 90", "90 95", "95.5 91", "91 92", *rest)


BOUNDARIES: dict[str, tuple[list[Row], Terms]] = {
    "daily loss of exactly 1 %": (_buying("95.5 85.5", "86 80", "80 86"), replace(_UNIT, daily_loss_pct=Fraction(1))),
    "daily loss of a cent less": (_buying("95.5 85.51", "86 80", "80 86"), replace(_UNIT, daily_loss_pct=Fraction(1))),
    "equity of exactly the maintenance margin": (_falling_to("90"), _LIQUIDATED),
    "equity of a little less": (_falling_to("89.99"), _LIQUIDATED),
    "position of exactly the cap": (_buying("95 95"), replace(_UNIT, position_pct=Fraction("9.5"))),
    "position of more than the cap": (_buying("95 95"), replace(_UNIT, position_pct=Fraction("9.49"))),
    "exposure of exactly the cap": (_buying("95 95"), replace(_UNIT, exposure_pct=Fraction("9.5"))),
    "exposure of more than the cap": (_buying("95 95"), replace(_UNIT, exposure_pct=Fraction("9.49"))),
    "order of exactly the minimum": (_buying("95 95"), replace(_UNIT, order_usd_min=Fraction(95))),
    "order of less than the minimum": (_buying("95 95"), replace(_UNIT, order_usd_min=Fraction("95.01"))),
    "order of exactly ten dollars": (_selling("100 100"), _TENTH),
    "order of ten dollars at its mark only": (_selling("99.9 99.9"), _TENTH),
    "order of nine dollars": (_selling("100 100"), replace(_TENTH, size=("size", Fraction("0.09")))),
    "exactly the leverage": (_buying("95 95"), replace(_WIDE, cash=Fraction(95))),
    "more than the leverage": (_buying("95 95"), replace(_WIDE, cash=Fraction("94.99"))),
    "exactly the leverage and a fee": (
        _buying("95 95"),
        replace(_WIDE, cash=Fraction(95), fee_rate=Fraction("0.00045")),
    ),
    "less margin than the skill's leverage wants": (_buying("95 95"), replace(_GEARED, size=("size", Fraction(40)))),
    "margin for the venue's leverage": (_buying("95 95"), replace(_GEARED, size=("size", Fraction(31)))),
    "buying at exactly the limit": (_buying("95.95 95"), _UNIT),
    "buying above the limit": (_buying("95.96 95"), _UNIT),
    "selling at exactly the limit": (_selling("99 99"), _UNIT),
    "selling below the limit": (_selling("98.99 99"), _UNIT),
}
