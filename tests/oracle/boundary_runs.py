"""Runs that stand exactly on a boundary of a rule, where chance seldom stands; each has a neighbour just beyond it."""

from dataclasses import replace
from fractions import Fraction

from tests.oracle.reference_candles import Row
from tests.oracle.reference_terms import Terms, Wish

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


_SCRIPTED = Terms(policy="script", fee_rate=Fraction(0), cash=Fraction(1000), reserve_bps=0, size_decimals=2)
_TENTH_DOWN = replace(_SCRIPTED, drawdown_pct=Fraction(10))
_RESERVED = replace(_SCRIPTED, daily_loss_pct=Fraction(10), reserve_bps=200)
_RESERVED_PEAK = replace(_SCRIPTED, drawdown_pct=Fraction("9.3"), reserve_bps=200)
_GEARED_SCRIPT = replace(
    _SCRIPTED, leverage=9, venue_leverage=3, position_pct=Fraction(900), exposure_pct=Fraction(900)
)
_STOPPED = replace(_GEARED_SCRIPT, venue_leverage=10, stop_bps=2000)
_COARSE = replace(_SCRIPTED, size_decimals=5)
_LEVEL = ("100 100",) * 4


def _open(side: str, size: str, limit: str | None = None) -> Wish:
    return Wish("open", side, size=Fraction(size), limit=None if limit is None else Fraction(limit))


def _part(size: str | None = None, usd: str | None = None) -> Wish:
    return Wish("close", None, *(None if text is None else Fraction(text) for text in (size, usd)))


def _scripted(terms: Terms, wishes: tuple[Wish | None, ...], *prices: str) -> tuple[list[Row], Terms]:
    script = {index: wish for index, wish in enumerate(wishes) if wish}
    return candles(DAY_START_MS, *prices), replace(terms, script=script)


def _parts(wish: Wish, *, held: str = "0.5") -> tuple[list[Row], Terms]:
    return _scripted(_SCRIPTED, (_open("buy", held), wish), *_LEVEL)


_FIVE, _NINE = _open("buy", "5"), _open("buy", "9")

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
    "drawdown of exactly the cap": _scripted(_TENTH_DOWN, (_FIVE,), "100 100", "100 120", "120 98", "97.5 97", "97 97"),
    "drawdown of a cent less": _scripted(_TENTH_DOWN, (_FIVE,), "100 100", "100 120", "120 98.002", "98 99", "99 99"),
    "both losses at once": _scripted(
        replace(_TENTH_DOWN, daily_loss_pct=Fraction(10)), (_FIVE,), "100 100", "100 80", "80 80", "80 80"
    ),
    "halt at the last mark": _scripted(_TENTH_DOWN, (_FIVE,), "100 100", "100 80"),
    "halt whose closing is rejected once": _scripted(
        _TENTH_DOWN, (_FIVE,), "100 100", "100 80", "79 79", "79 78", "78 78"
    ),
    "halt whose closing is rejected once, and the skill's own": _scripted(
        _TENTH_DOWN, (_FIVE, _part()), "100 100", "100 80", "79 79", "79 78", "78 78"
    ),
    "close at the mark of a halt": _scripted(_TENTH_DOWN, (_FIVE, _part()), "100 100", "100 80", "80 80", "80 80"),
    "open at the mark of a halt": _scripted(_TENTH_DOWN, (_FIVE, _FIVE), "100 100", "100 80", "80 80", "80 80"),
    "open after a liquidation": _scripted(
        replace(_STOPPED, stop_bps=None), (_open("buy", "80"), None, _FIVE), "100 100", "100 100", "90 90", *_LEVEL
    ),
    "reserve within the daily loss": _scripted(
        _RESERVED, (_FIVE, _open("buy", "1")), "100 100", "100 82", "82 82", "82 82"
    ),
    "reserve of exactly the daily loss": _scripted(
        replace(_RESERVED, daily_loss_pct=Fraction("10.96")),
        (_FIVE, _open("buy", "1")),
        *("100 100", "100 80", "80 80", "80 80"),
    ),
    "reserve of a little less": _scripted(
        replace(_RESERVED, daily_loss_pct=Fraction("10.97")),
        (_FIVE, _open("buy", "1")),
        *("100 100", "100 80", "80 80", "80 80"),
    ),
    "reserve beyond the daily loss": _scripted(
        _RESERVED, (_FIVE, _open("buy", "2")), "100 100", "100 82", "82 82", "82 82"
    ),
    "reserve within the drawdown": _scripted(
        _RESERVED_PEAK, (_FIVE, None, _open("buy", "1")), "100 100", "100 120", "120 102", "102 102", "102 102"
    ),
    "reserve beyond the drawdown": _scripted(
        replace(_RESERVED_PEAK, drawdown_pct=Fraction("9.29")),
        (_FIVE, None, _open("buy", "1")),
        *("100 100", "100 120", "120 102", "102 102", "102 102"),
    ),
    "two orders in a minute of two": _scripted(
        replace(_SCRIPTED, orders_per_minute=2), (_FIVE, _open("sell", "4")), *_LEVEL
    ),
    "two orders in a minute of one": _scripted(
        replace(_SCRIPTED, orders_per_minute=1), (_FIVE, _open("sell", "4")), *_LEVEL
    ),
    "opposite position of exactly the cap": _scripted(
        replace(_SCRIPTED, position_pct=Fraction(60)),
        (_FIVE, _open("sell", "4")),
        "100 100",
        "100 150",
        "150 150",
        "150 150",
    ),
    "opposite position above the cap": _scripted(
        replace(_SCRIPTED, position_pct=Fraction("59.99")),
        (_FIVE, _open("sell", "4")),
        "100 100",
        "100 150",
        "150 150",
        "150 150",
    ),
    "opening leg that the close no longer carries": _scripted(
        replace(_SCRIPTED, position_pct=Fraction("90.8")),
        (_NINE, _open("sell", "9")),
        "100 100",
        "100 100",
        *["99 99"] * 2,
    ),
    "opening leg that the close just carries": _scripted(
        replace(_SCRIPTED, position_pct=Fraction("90.9")),
        (_NINE, _open("sell", "9")),
        "100 100",
        "100 100",
        *["99 99"] * 2,
    ),
    "part of exactly ten dollars": _parts(_part("0.1")),
    "part of nine dollars": _parts(_part("0.09")),
    "part of a cent": _parts(_part(usd="0.01")),
    "part that leaves exactly ten dollars": _parts(_part("0.4")),
    "part that leaves nine dollars": _parts(_part("0.41")),
    "part in dollars": _parts(_part(usd="31.99")),
    "part off the step": _parts(_part("0.309")),
    "part of more than is held": _parts(_part("7")),
    "part of exactly what is held": _parts(_part("0.5")),
    "small part of a small position": _parts(_part("0.01"), held="0.15"),
    "part raised to what is held": _parts(_part("0.01"), held="0.1"),
    "part of a position fallen below ten dollars": _scripted(
        _SCRIPTED, (_open("buy", "0.11"), None, _part("0.05")), "100 100", "100 100", "90 90", *_LEVEL
    ),
    "part of ten dollars at its mark only": _scripted(
        _SCRIPTED, (_open("buy", "0.5"), _part("0.1")), "100 100", "100 100", "99.9 99.9", "99 99"
    ),
    "named limit that the open meets": _scripted(
        _SCRIPTED, (_open("buy", "1", "99.5"),), "100 100", "99.5 100", "99 99"
    ),
    "named limit that the open misses": _scripted(
        _SCRIPTED, (_open("buy", "1", "99.4"),), "100 100", "99.5 100", "99 99"
    ),
    "named limit off the grid": _scripted(_SCRIPTED, (_open("buy", "1", "100.001"),), *_LEVEL),
    "named limit of exactly the collar": _scripted(_SCRIPTED, (_open("sell", "1", "99"),), *_LEVEL),
    "named limit beyond the collar": _scripted(_SCRIPTED, (_open("sell", "1", "98.99"),), *_LEVEL),
    "named limit of an opposite open": _scripted(_SCRIPTED, (_FIVE, _open("sell", "1", "100.5")), *_LEVEL, *_LEVEL),
    "named limit beyond the collar of an opposite open": _scripted(
        _SCRIPTED, (_FIVE, _open("sell", "1", "98.99")), *_LEVEL
    ),
    "buy without a legal price in the collar": _scripted(_COARSE, (_open("buy", "3"),), "5 5.01", "5 5", "5 5"),
    "buy with a legal price in the collar": _scripted(_COARSE, (_open("buy", "3"),), "5 5.05", "5 5", "5 5"),
    "sell without a legal price in the collar": _scripted(_COARSE, (_open("sell", "3"),), "5 5.09", "5 5", "5 5"),
    "sell with a legal price in the collar": _scripted(_COARSE, (_open("sell", "3"),), "5 5.05", "5 5", "5 5"),
    "close without a legal price in the collar": _scripted(
        _COARSE, (_open("buy", "3"), _part(), _part()), "5 5", "5 5.09", "5 5", "5 5"
    ),
    "position of exactly the venue's leverage": _scripted(_GEARED_SCRIPT, (_open("buy", "30"),), *_LEVEL),
    "position above the venue's leverage": _scripted(_GEARED_SCRIPT, (_open("buy", "30.01"),), *_LEVEL),
    "long that its stop saves": _scripted(_STOPPED, (_open("buy", "41.66"),), *_LEVEL),
    "long that its stop does not save": _scripted(_STOPPED, (_open("buy", "41.67"),), *_LEVEL),
    "short of exactly the maintenance margin at its stop": _scripted(
        replace(_STOPPED, cash=Fraction(1040)), (_open("sell", "40"),), *_LEVEL
    ),
    "short of less than the maintenance margin at its stop": _scripted(
        replace(_STOPPED, cash=Fraction("1039.99")), (_open("sell", "40"),), *_LEVEL
    ),
    **{
        f"close with a limit of {limit}": _scripted(
            _SCRIPTED, (_FIVE, Wish("close", limit=Fraction(limit))), "100 100", "100 100", "99.4 100", "100 100"
        )
        for limit in ("99.5", "99.4", "99.5001", "150", "90")
    },
    "a side for a close": _scripted(_SCRIPTED, (_FIVE, Wish("close", "sell")), *_LEVEL),
    "a close of nothing": _scripted(_SCRIPTED, (_part("1"),), *_LEVEL),
}
