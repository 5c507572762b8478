"""Scripts of proposed actions for hypothesis: adding, flipping, closing in part, at prices named, and misshapen."""

from dataclasses import replace
from fractions import Fraction
from math import floor

from hypothesis import strategies as st

from tests.oracle.reference_candles import Row
from tests.oracle.reference_run import legal_price
from tests.oracle.reference_terms import Terms, Wish

_SHARES = (10, 30, 60, 98, 101, 20, 5, 45)
"""Of the tightest cap, in percent."""

_SMALL_USD = (12, 10, 19, 25, 9, 21, 11, 30)

_BEYOND_BPS = (0, 100, 50, 99, 101, -30, 10, -150)
"""How far beyond the mark a limit price is named; the collar ends at 100."""


@st.composite
def scripts(draw: st.DrawFn, rows: list[Row], terms: Terms) -> Terms:
    """Draw what is proposed at the marks of a market, as the terms of a run with that script."""
    choices = draw(st.binary(min_size=4, max_size=200))
    small = draw(st.booleans())
    script, at = {}, -1
    for gap, kind, amount, detail in zip(*(choices[part::4] for part in range(4)), strict=False):
        at += 1 + gap % 5
        if at < len(rows):
            script[at] = _action(terms, rows[at].close, (kind, amount, detail), small=small)
    return replace(terms, policy="script", script=script)


def _action(terms: Terms, mark: Fraction, choice: tuple[int, int, int], *, small: bool) -> Wish:
    kind, amount, detail = choice
    side = "buy" if kind & 1 else "sell"
    usd = Fraction(_SMALL_USD[amount % 8]) if small else _share_of_cap(terms) * _SHARES[amount % 8] / 100
    units = floor(usd / mark * 10**terms.size_decimals + amount % 3) / Fraction(10**terms.size_decimals)
    size, size_usd = (None, usd) if amount & 8 else (units, None)
    if kind % 16 < 5:
        return Wish("open", side, size, size_usd)
    if kind % 16 < 8:
        return Wish("open", side, size, size_usd, _limit(terms, mark, side, detail))
    if kind % 16 < 12:
        part = Fraction((1, 10, 18, 15)[detail % 4], 20)
        limit = _limit(terms, mark, "sell", detail // 8) if detail % 8 == 7 else None
        return Wish("close", None, size and size * part, size_usd and size_usd * part, limit)
    return Wish("close") if kind % 16 < 13 else _misshapen(usd, detail)


def _share_of_cap(terms: Terms) -> Fraction:
    return min(terms.position_pct, terms.exposure_pct, Fraction(100 * terms.leverage)) * terms.cash / 100


def _limit(terms: Terms, mark: Fraction, side: str, detail: int) -> Fraction:
    beyond = Fraction(_BEYOND_BPS[detail % 8], 10_000) * (1 if side == "buy" else -1)
    price = mark * (1 + beyond)
    legal = legal_price(price, terms.size_decimals, up=bool(detail & 8))
    finer = Fraction(floor(price * 10**6) + 1, 10**6)
    return finer if detail % 32 == 17 or not legal else legal


def _misshapen(usd: Fraction, detail: int) -> Wish:
    return (
        Wish("open", None, size_usd=usd),
        Wish("open", "buy", Fraction(1), usd),
        Wish("open", "sell"),
        Wish("open", "buy", size_usd=-usd),
        Wish("open", "buy", size=Fraction(0)),
        Wish("open", "buy", size_usd=usd, limit=Fraction(0)),
        Wish("close", "sell"),
        Wish("close", None, Fraction(1), usd),
        Wish("close", None, Fraction(-1)),
        Wish("close", None, None, Fraction(0)),
    )[detail % 10]
