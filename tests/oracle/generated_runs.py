"""Small markets and terms for hypothesis, drawn so that funding, flips, midnights, halts and refusals are common.

A market is drawn as two byte strings: one choice each, so that generation is quick and a failure shrinks to a quiet
market with few moves.
"""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import cycle

from hypothesis import strategies as st

from tests.oracle.generated_scripts import scripts
from tests.oracle.reference_candles import Row
from tests.oracle.reference_run import DAY_MS, HOUR_MS
from tests.oracle.reference_terms import Terms

MINUTE_MS = 60_000
DAY_START_MS = 1_767_225_600_000
"""2026-01-01 00:00 UTC."""

_FIVE_FIGURES = (1_000, 99_999)
"""Prices in price steps; with at most five figures each is legal."""

_COARSE_DECIMALS = 5
"""Of a size: prices below a hundred dollars then have one decimal, and finer marks lie off the venue's grid."""


def _as_drawn(terms: Terms) -> Terms:
    return terms


def _short_of_margin_after_a_close(terms: Terms) -> Terms:
    # 98 % of the margin carries the first open; after the cost of closing it no longer carries the next.
    cap = Fraction(1000)
    caps = replace(terms, leverage=10, venue_leverage=40, position_pct=cap, exposure_pct=cap, orders_per_day=10_000)
    costs = replace(caps, fee_rate=Fraction("0.00045"), slippage_bps=Fraction(30), daily_loss_pct=Fraction(100))
    free = replace(costs, drawdown_pct=None, reserve_bps=0, stop_bps=None)
    return replace(free, policy="sma-cross", direction="both", lengths=(2, 5), size=("sizePct", Fraction(980)))


def _dust(terms: Terms) -> Terms:
    return replace(terms, size=("sizeUsd", Fraction("9.99")), order_usd_min=Fraction(0))


def _all_in(terms: Terms) -> Terms:
    cap, share = Fraction(4000), ("sizePct", Fraction(3900))
    caps = replace(terms, leverage=40, venue_leverage=50, position_pct=cap, exposure_pct=cap, orders_per_day=10_000)
    free = replace(caps, drawdown_pct=None, reserve_bps=0, stop_bps=None, slippage_bps=Fraction(0))
    return replace(free, policy="sma-cross", direction="both", lengths=(1, 3), size=share, daily_loss_pct=Fraction(100))


def _geared_beyond_the_venue(terms: Terms) -> Terms:
    cap = Fraction(2000)
    return replace(
        _short_of_margin_after_a_close(terms),
        leverage=20,
        venue_leverage=3,
        position_pct=cap,
        exposure_pct=cap,
        size=("sizePct", Fraction(303)),
    )


def _one_order_a_minute(terms: Terms) -> Terms:
    return replace(terms, orders_per_minute=1, orders_per_day=10_000, direction="both")


def _losing(terms: Terms) -> Terms:
    # Small steps downhill: the reserve refuses before a halt comes, and a halt comes in time to close.
    caps = replace(
        terms, drawdown_pct=Fraction(4), daily_loss_pct=Fraction(3), reserve_bps=150, order_usd_min=Fraction(0)
    )
    share = Fraction(min(terms.position_pct, terms.exposure_pct, Fraction(100 * terms.leverage)) // 3)
    return replace(caps, orders_per_day=10_000, stop_bps=None, size=("sizePct", share))


def _sinking(terms: Terms) -> Terms:
    return replace(_losing(terms), daily_loss_pct=Fraction(100))


def _close_to_liquidation(terms: Terms) -> Terms:
    return replace(_all_in(terms), size=("sizePct", Fraction(1200)), stop_bps=900)


_SCENES = (
    *[_as_drawn] * 7,
    _short_of_margin_after_a_close,
    _dust,
    _all_in,
    _geared_beyond_the_venue,
    _one_order_a_minute,
    _losing,
    _losing,
    _sinking,
    _sinking,
    _close_to_liquidation,
)
"""What chance alone brings too seldom is brought on purpose."""


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[Row], Terms]:
    """Draw candles with the terms of a run over them, by a built-in policy or by a script."""
    interval_ms = draw(st.sampled_from([15, 1, 60, 240, 1440])) * MINUTE_MS
    size_decimals = draw(st.integers(0, 5))
    if size_decimals == _COARSE_DECIMALS and draw(st.booleans()):
        scale = 10 ** draw(st.integers(2, 3))
    else:
        scale = 10 ** draw(st.integers(0, 6 - size_decimals))
    rows = draw(_markets(interval_ms, scale))
    scene = draw(st.sampled_from(_SCENES))
    terms = scene(draw(_terms(rows, interval_ms, size_decimals)))
    return rows, draw(scripts(rows, terms)) if scene in _SCRIPTED and draw(st.booleans()) else terms


_SCRIPTED = (_as_drawn, _dust, _one_order_a_minute, _losing, _sinking)


@st.composite
def _markets(draw: st.DrawFn, interval_ms: int, scale: int) -> list[Row]:
    moves = draw(st.binary(min_size=50, max_size=300))
    jumps = draw(st.binary(min_size=8, max_size=40))
    wildness = draw(st.sampled_from([5, 1, 20]))
    half_wave = draw(st.sampled_from([12, 5, 30]))
    price = draw(st.sampled_from([30_000, 2_000, 90_000]))
    start = DAY_START_MS + draw(st.integers(-DAY_MS // interval_ms, 0)) * interval_ms
    rows = []
    for at, (move, jump) in enumerate(zip(moves, cycle(jumps), strict=False)):
        first = _stepped(price, _signed(jump) * 4 if jump % 4 == 0 else 0)
        wave = 9 if at // half_wave % 2 else -9
        price = _stepped(first, (_signed(move) + wave) * wildness)
        high, low = _stepped(max(first, price), jump & 2), _stepped(min(first, price), -(jump & 1))
        rows.append(Row(start + at * interval_ms, *(Fraction(part, scale) for part in (first, high, low, price))))
    return rows


def _signed(byte: int) -> int:
    # 0, 1, 2, 3, … mean 0, +1, -1, +2, … so that bytes shrink towards no move.
    return (byte + 1) // 2 * (1 if byte % 2 else -1)


def _stepped(price: int, change: int) -> int:
    # A change is in ten-thousandths of the price.
    least, most = _FIVE_FIGURES
    return min(most, max(least, price + price * change // 10_000))


@st.composite
def _terms(draw: st.DrawFn, rows: list[Row], interval_ms: int, size_decimals: int) -> Terms:
    leverage = draw(st.sampled_from([1, 10, 2, 40]))
    exposure = draw(st.one_of(st.sampled_from([leverage * 100, leverage * 120]), st.integers(20, leverage * 120)))
    position = draw(st.sampled_from([exposure, exposure, exposure // 2, exposure * 2]))
    cash = draw(st.sampled_from([10_000, 1_000_000, 100]))
    fast = draw(st.integers(1, 6))
    return Terms(
        policy=draw(st.sampled_from(["sma-cross", "ema-cross", "breakout"])),
        lengths=(fast, fast + draw(st.integers(1, 9))),
        direction=draw(st.sampled_from(["both", "long"])),
        size=draw(_sizes(cash, size_decimals, position, rows[0].close)),
        position_pct=Fraction(position),
        exposure_pct=Fraction(exposure),
        leverage=leverage,
        orders_per_day=draw(st.sampled_from([10_000, 1, 2, 3, 7])),
        orders_per_minute=draw(st.sampled_from([10, 2, 1])),
        order_usd_min=Fraction(draw(st.sampled_from([10, 0, 9, 1000]))),
        daily_loss_pct=Fraction(draw(st.sampled_from(["100", "20", "3", "0.5", "100"]))),
        drawdown_pct=draw(st.sampled_from([None, Fraction(25), Fraction(4), Fraction(90)])),
        reserve_bps=draw(st.sampled_from([50, 0, 300])),
        stop_bps=draw(st.sampled_from([None, None, None, 100, 1000])),
        interval_ms=interval_ms,
        size_decimals=size_decimals,
        venue_leverage=draw(st.sampled_from([leverage, 40, 50, 3])),
        fee_rate=Fraction(draw(st.sampled_from(["0.00045", "0", "0.00123"]))),
        slippage_bps=Fraction(draw(st.sampled_from(["0", "60", "2.5", "30"]))),
        funding=draw(_funding(rows, interval_ms)),
        cash=Fraction(cash),
    )


@st.composite
def _sizes(draw: st.DrawFn, cash: int, size_decimals: int, cap_pct: int, price: Fraction) -> tuple[str, Fraction]:
    # Of the cap: well inside, grazing it, or just over.
    share = min(Fraction(5000), Fraction(cap_pct * draw(st.sampled_from([30, 98, 50, 99, 10, 100, 101])), 100))
    dollars = Fraction(int(cash * share), 100)
    units = min(Fraction(10**9), Fraction(max(1, int(dollars / price * 10**size_decimals)), 10**size_decimals))
    smallest = Fraction(draw(st.integers(980, 1030)), 100)
    return draw(
        st.sampled_from([("size", units), ("sizePct", share), ("sizeUsd", dollars)] * 2 + [("sizeUsd", smallest)])
    )


@st.composite
def _funding(draw: st.DrawFn, rows: list[Row], interval_ms: int) -> Fraction | Mapping[int, Fraction]:
    rates = [
        Fraction(rate, 10_000_000) for rate in draw(st.lists(st.integers(-40_000, 40_000), min_size=1, max_size=6))
    ]
    hours = range(rows[0].time // HOUR_MS * HOUR_MS, rows[-1].time + interval_ms + 1, HOUR_MS)
    return rates[0] if len(rates) == 1 else dict(zip(hours, cycle(rates), strict=False))
